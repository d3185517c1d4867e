/**
 * The bytes of a stream that are not done with yet, in one buffer that is used again for each chunk: a buffer of its own
 * for every chunk and remainder would be garbage of several times the stream's size.
 */
export class PendingBytes {
  #buffer = Buffer.allocUnsafe(0);
  #length = 0;
  #offset = 0;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Where in the stream the first of them was. */
  get offset(): number {
    return this.#offset;
  }

  /** All of them; valid until the next `add` or `drop`. */
  get view(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Takes a copy of a chunk. */
  add(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#buffer.length));
      grown.set(this.view);
      this.#buffer = grown;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
  }

  /** Forgets the first of them. */
  drop(count: number): void {
    this.#buffer.copyWithin(0, count, this.#length);
    this.#length -= count;
    this.#offset += count;
  }
}
