/**
 * Holds the unprocessed bytes of a stream in one reused buffer. Separate buffers for every chunk and remainder would be
 * garbage of several times the size of the stream.
 */
export class PendingBytes {
  #buffer = Buffer.allocUnsafe(0);
  #length = 0;
  #offset = 0;

  /** Number of bytes held. */
  get length(): number {
    return this.#length;
  }

  /** Offset in the stream of the first byte held. */
  get offset(): number {
    return this.#offset;
  }

  /** All bytes held; valid until the next `add` or `drop`. */
  get view(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Appends a copy of a chunk. */
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

  /** Removes bytes from the beginning. */
  drop(count: number): void {
    this.#buffer.copyWithin(0, count, this.#length);
    this.#length -= count;
    this.#offset += count;
  }
}
