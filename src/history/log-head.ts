import type { LogPlace } from './log-place.ts';

/** The bytes at the beginning of a file that identify it: several records with their times. */
const headBytes = 4096;

/** Passes the bytes of a stream on and keeps the first ones. */
export class HeadTap {
  #kept = Buffer.alloc(0);

  async *tap(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      if (this.#kept.length < headBytes)
        this.#kept = Buffer.concat([this.#kept, chunk.subarray(0, headBytes - this.#kept.length)]);
      yield chunk;
    }
  }

  /** Returns the head of a file that was read from its beginning up to `offset`. */
  headUpTo(offset: number): LogPlace['head'] {
    return headOf(this.#kept.subarray(0, offset));
  }
}

function headOf(bytes: Uint8Array): LogPlace['head'] {
  return { bytes: bytes.length, hash: Bun.hash.xxHash64(bytes).toString(16) };
}

/** True if a stream begins like the file whose head is known. Reads no more than that. */
export async function beginsWith(chunks: AsyncIterable<Uint8Array>, head: LogPlace['head']): Promise<boolean> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of chunks) {
    bytes = Buffer.concat([bytes, chunk.subarray(0, head.bytes - bytes.length)]);
    if (bytes.length >= head.bytes) break;
  }
  return headOf(bytes).hash === head.hash;
}

/** Passes the bytes of a stream on except the first `count`. */
export async function* without(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    if (chunk.length > left) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
