import type { Candidate } from './fingerprints.ts';

/** What the API's edge commonly takes: the body of an entry has no more bytes. */
const maxBytes = 1024 * 1024;

/** Bodies of so many jobs at most, and no more bytes than the API takes. */
export class Bodies {
  readonly #head: string;
  readonly #maxJobs: number;
  readonly #take: (body: string, jobs: readonly Candidate[]) => void;
  #jobs: Candidate[] = [];
  #bytes = 0;

  /** `take` gets each body when it is full, and the last one from `end`. */
  constructor(cluster: string, maxJobs: number, take: (body: string, jobs: readonly Candidate[]) => void) {
    this.#head = `{"hostname":${JSON.stringify(cluster)},"jobs":[`;
    this.#maxJobs = maxJobs;
    this.#take = take;
  }

  add(candidate: Candidate): void {
    const bytes = Buffer.byteLength(candidate.json) + 1;
    const isFull = this.#jobs.length >= this.#maxJobs || this.#head.length + this.#bytes + bytes + 2 > maxBytes;
    if (isFull) this.end();
    this.#jobs.push(candidate);
    this.#bytes += bytes;
  }

  end(): void {
    if (this.#jobs.length === 0) return;
    const jobs = this.#jobs;
    this.#jobs = [];
    this.#bytes = 0;
    this.#take(`${this.#head}${jobs.map(({ json }) => json).join(',')}]}`, jobs);
  }
}
