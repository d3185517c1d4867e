import type { SampleSummary } from '../../sampled/summary.ts';
import { encodeColumns, narrow } from './columns.ts';

/** Seconds by which the clocks of nodes and scheduler may differ. Slurm starts a requeued run two minutes later. */
const clockSeconds = 60;

/**
 * Collects the programs of the jobs of a segment, in the order of the jobs.
 * @param idOf returns the id of a program in the dictionary of the cluster
 */
export function createSoftwareColumns(idOf: (path: string) => number) {
  const offsets = [0];
  const ids: number[] = [];
  const seconds: number[] = [];
  const countedNodes: number[] = [];
  return {
    /** @param samples those of the id of the job: the runs of a requeued job have the same id */
    add(samples: readonly SampleSummary[], start: number | null, end: number | null): void {
      if (samples.length === 0) {
        offsets.push(ids.length);
        countedNodes.push(0);
        return;
      }
      const own = samples.filter(({ from, to }) => {
        return start !== null && end !== null && from <= end + clockSeconds && to >= start - clockSeconds;
      });
      const sums = new Map<string, number>();
      for (const { programs } of own) {
        for (const [path, time] of Object.entries(programs)) sums.set(path, (sums.get(path) ?? 0) + time);
      }
      for (const [path, time] of sums) {
        ids.push(idOf(path));
        seconds.push(time);
      }
      offsets.push(ids.length);
      countedNodes.push(own.filter(({ isCounted }) => isCounted).length);
    },
    /** Returns null if no job was sampled. */
    encoded(): Uint8Array | null {
      // A job can be counted without a program: one that used no CPU time.
      if (ids.length === 0 && countedNodes.every((nodes) => nodes === 0)) return null;
      return encodeColumns({
        offsets: new Uint32Array(offsets),
        ids: narrow(ids),
        seconds: new Float64Array(seconds),
        countedNodes: narrow(countedNodes),
      });
    },
  };
}
