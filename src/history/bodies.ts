import type { Candidate } from './fingerprints.ts';

/** How much a body may have. */
export type BodyLimits = { readonly maxJobs: number; readonly maxBytes: number };

const tail = ']}';

/** Bodies within the limits; a job that alone has more bytes is a body of its own. */
export class Bodies {
  readonly #head: string;
  readonly #limits: BodyLimits;
  readonly #take: (body: string, jobs: readonly Candidate[]) => void;
  #jobs: Candidate[] = [];
  #bytes = 0;

  /** `take` gets each body when it is full, and the last one from `end`. */
  constructor(cluster: string, limits: BodyLimits, take: (body: string, jobs: readonly Candidate[]) => void) {
    this.#head = `{"hostname":${JSON.stringify(cluster)},"jobs":[`;
    this.#limits = limits;
    this.#take = take;
  }

  add(candidate: Candidate): void {
    const { maxJobs, maxBytes } = this.#limits;
    const bytes = Buffer.byteLength(candidate.json);
    const isFull = this.#jobs.length >= maxJobs || this.#head.length + this.#bytes + bytes + tail.length > maxBytes;
    if (isFull) this.end();
    this.#jobs.push(candidate);
    // The comma behind it.
    this.#bytes += bytes + 1;
  }

  end(): void {
    if (this.#jobs.length === 0) return;
    const jobs = this.#jobs;
    this.#jobs = [];
    this.#bytes = 0;
    this.#take(`${this.#head}${jobs.map(({ json }) => json).join(',')}${tail}`, jobs);
  }
}
