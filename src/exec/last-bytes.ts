/**
 * Keeps the last bytes of a stream. The end of standard error has the reason of a failure, and a broken program can
 * print gigabytes.
 */
export class LastBytes {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** Keeps at most `limitBytes` bytes. */
  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** Appends a chunk. Does not copy it. */
  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    // Join only at twice the limit, so that many small chunks cost linear time.
    if (this.#length > 2 * this.#limit) this.#trim();
  }

  /** Returns the kept bytes as text. */
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
