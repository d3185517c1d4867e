/** Collect garbage after this many bytes of a stream. */
const garbageBytes = 8 * 1024 * 1024;

/**
 * Passes chunks on and collects garbage from time to time. Without this, the engine keeps tens of megabytes of chunks
 * that were already read, and memory on a login host is shared. Small systems never reach the limit.
 */
export async function* collectingGarbage(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    bytes += chunk.length;
    if (bytes < garbageBytes) continue;
    bytes = 0;
    Bun.gc(true);
  }
}
