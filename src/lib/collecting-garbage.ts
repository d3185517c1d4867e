/** After how much of a stream garbage is collected. */
const garbageBytes = 8 * 1024 * 1024;

/**
 * The same chunks. What was read is garbage at once, but the engine, which sees a machine with much memory, lets tens of
 * megabytes of it come together before it looks, and a login host's memory belongs to others. Small systems never get here.
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
