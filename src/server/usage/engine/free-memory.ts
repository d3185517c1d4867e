import { edenGC } from 'bun:jsc';

/** The process may grow by so much before all garbage is collected. */
const growthBytes = 24 * 1024 ** 2;

let lastBytes = 0;

/**
 * Frees the memory of buffers that are not used any more. The garbage collector counts only the objects, so that the
 * buffers of some answers would take 1 GB at 5,000,000 jobs before it runs. To collect only new garbage takes a tenth of
 * the time; older garbage is collected if the process has grown.
 */
export function freeMemory(): void {
  edenGC();
  if (process.memoryUsage.rss() - lastBytes < growthBytes) return;
  Bun.gc(true);
  lastBytes = process.memoryUsage.rss();
}
