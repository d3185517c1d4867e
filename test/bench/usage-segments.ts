import { nextVersion, noteReceived } from '../../src/server/store/clusters.ts';
import { storeJobs, type UsageRow } from '../../src/server/store/jobs.ts';
import { type Location, withStore } from '../../src/server/store/open.ts';
import type { Writer } from '../../src/server/store/port.ts';
import { addNames } from '../../src/server/store/usage-names.ts';
import { storeSegment } from '../../src/server/store/usage-segments.ts';
import { clusterClock } from '../../src/server/usage/cluster-clock.ts';
import { createSegmentBuilder } from '../../src/server/usage/segments/build.ts';
import { createNodeIds } from '../../src/server/usage/segments/node-ids.ts';
import { type BenchJob, benchClusters, yearOfJobs } from './usage-jobs.ts';

const clock = clusterClock('UTC', 'utc');
const columns = [
  ...(['job_id', 'user', 'account', 'partition', 'state', 'qos', 'submit', 'start', 'end'] as const),
  ...(['cpu_hours', 'gpu_hours', 'cpus', 'gpus', 'nodes', 'node_list'] as const),
];

/**
 * Stores the segments of a year of jobs. Of the rows only the first and the last of each cluster are stored, from which
 * the receiver knows the window of all jobs: 20,000,000 rows would take ten minutes, and no question reads them.
 */
export async function storeSegments(location: Location, jobCount: number): Promise<void> {
  await withStore(location, async (store) => {
    for (const [index, cluster] of benchClusters.entries()) {
      const version = await store.transaction(async (writer) => {
        await noteReceived(writer, cluster, '');
        return nextVersion(writer, cluster);
      });
      const ids = new Map<string, number>();
      const jobsOfDay = new Map<number, BenchJob[]>();
      let [first, last]: (BenchJob | undefined)[] = [];
      for (const jobs of yearOfJobs(Math.floor(jobCount / benchClusters.length), index + 1, () => 50_000)) {
        first ??= jobs[0];
        last = jobs.at(-1);
        for (const job of jobs) {
          const day = clock.dayOf(clock.timeOf(String(job[8])));
          const list = jobsOfDay.get(day);
          if (list) list.push(job);
          else jobsOfDay.set(day, [job]);
        }
        // Jobs come by submission: no later job ends before it.
        const complete = clock.dayOf(clock.timeOf(String(last?.[6])));
        await store.transaction((writer) => storeDays(writer, { cluster, version }, jobsOfDay, complete, ids));
      }
      await store.transaction(async (writer) => {
        await storeDays(writer, { cluster, version }, jobsOfDay, Number.POSITIVE_INFINITY, ids);
        const names = [...ids].map(([name, id]) => ({ id, name }));
        await addNames(writer, cluster, names);
        const rows = [first, last].flatMap((job) => (job ? [job] : []));
        await storeJobs(writer, { cluster, columns, rows, receivedAt: '', receivedFrom: '' });
      });
    }
  });
}

/** Stores the segments of the days before `until` and removes their jobs from `jobsOfDay`. */
async function storeDays(
  writer: Writer,
  { cluster, version }: { readonly cluster: string; readonly version: number },
  jobsOfDay: Map<number, BenchJob[]>,
  until: number,
  ids: Map<string, number>,
): Promise<void> {
  const idOf = (name: string): number => {
    const id = ids.get(name) ?? ids.size + 1;
    ids.set(name, id);
    return id;
  };
  const nodeIdsOf = createNodeIds(idOf);
  for (const [day, jobs] of jobsOfDay) {
    if (day >= until) continue;
    jobsOfDay.delete(day);
    const builder = createSegmentBuilder(day, clock, { idOf, programIdOf: () => 0, nodeIdsOf });
    for (const row of jobs.map(rowOf).sort((a, b) => ((a.end ?? '') < (b.end ?? '') ? -1 : 1))) builder.add(row, []);
    await storeSegment(writer, cluster, { day, version, ...builder.finish() });
  }
}

function rowOf(job: BenchJob): UsageRow {
  return Object.fromEntries(columns.map((column, index) => [column, job[index]])) as UsageRow;
}
