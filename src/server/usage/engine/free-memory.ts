/** The process may grow by so much before the memory that is not used any more is freed. */
const growthBytes = 24 * 1024 ** 2;

let lastBytes = 0;

/**
 * Frees the memory of buffers that are not used any more, if there may be much of it. The garbage collector counts only
 * the objects, so that the buffers of some answers would take 1 GB at 5,000,000 jobs before it runs.
 */
export function freeMemory(): void {
  if (process.memoryUsage.rss() - lastBytes < growthBytes) return;
  Bun.gc(true);
  lastBytes = process.memoryUsage.rss();
}
