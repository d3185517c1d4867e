import type { Candidate } from './fingerprints.ts';

/** The limits of one request body. */
export type BatchLimits = { readonly maxJobs: number; readonly maxBytes: number };

const tail = ']}';

/** Collects jobs into bodies within the limits; a single job over the limit has a body of its own. */
export class Bodies {
  readonly #head: string;
  readonly #limits: BatchLimits;
  readonly #take: (body: string, jobs: readonly Candidate[]) => void;
  #jobs: Candidate[] = [];
  #bytes = 0;

  /** Calls `take` with each full body, and with the last one on `end`. */
  constructor(cluster: string, limits: BatchLimits, take: (body: string, jobs: readonly Candidate[]) => void) {
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
    // One byte for the comma after it.
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
