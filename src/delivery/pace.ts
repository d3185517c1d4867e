/** Limits the number of requests in any minute. */
export class Pace {
  readonly #maxPerMinute: number;
  /** Times of the last requests, oldest first, in milliseconds. */
  #made: number[] = [];

  constructor(maxPerMinute: number) {
    this.#maxPerMinute = maxPerMinute;
  }

  /** Returns how long to wait before the next request, in milliseconds. */
  delay(now: number): number {
    this.#made = this.#made.filter((time) => now - time < 60_000);
    const oldest = this.#made.at(-this.#maxPerMinute);
    return oldest === undefined ? 0 : oldest + 60_000 - now;
  }

  /** Records that a request is sent now. */
  made(now: number): void {
    this.#made.push(now);
  }
}
