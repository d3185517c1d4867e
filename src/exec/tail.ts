/** Keeps the last bytes of a stream: of standard error the end says why, and a broken program may print gigabytes. */
export class Tail {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** `limitBytes`: how many bytes are kept. */
  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    // Joining only at twice the limit keeps the cost of many small chunks linear.
    if (this.#length > 2 * this.#limit) this.#trim();
  }

  text(): string {
    this.#trim();
    return new TextDecoder().decode(this.#chunks[0]);
  }

  #trim(): void {
    const kept = Buffer.concat(this.#chunks).subarray(-this.#limit);
    this.#chunks = [kept];
    this.#length = kept.length;
  }
}
