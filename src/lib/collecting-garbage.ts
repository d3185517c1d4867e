import { edenGC } from 'bun:jsc';

/** Collect new garbage after this many bytes of a stream. */
const garbageBytes = 2 * 1024 * 1024;

/** Collect all garbage every this many times. */
const fullEvery = 8;

/**
 * Passes chunks on and collects garbage from time to time. Without this, the engine keeps tens of megabytes of chunks
 * that were already read, and memory on a login host is shared. Collecting only new garbage costs a fraction of a full
 * collection, and lets the next chunks use the same memory. It misses chunks that were in use the last time, so all
 * garbage is collected now and then. Small systems hardly reach the limit.
 */
export async function* collectingGarbage(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let collections = 0;
  for await (const chunk of chunks) {
    yield chunk;
    bytes += chunk.length;
    if (bytes < garbageBytes) continue;
    bytes = 0;
    collections += 1;
    if (collections % fullEvery === 0) Bun.gc(true);
    else edenGC();
  }
}
