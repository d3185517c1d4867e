import { allClusters, clusterNamed } from '../../store/clusters.ts';
import { endsOfJob } from '../../store/jobs.ts';
import type { Store, Writer } from '../../store/port.ts';
import { markStale, staleDays } from '../../store/usage-segments.ts';
import { clockOf, rebuildSegments } from './rebuild.ts';

/** The number of days in one transaction: other writers wait for some tenths of a second. */
const daysAtOnce = 10;

/**
 * Notes that a sample of a job was stored. The segments of its days are made again before the next question about
 * software, and not now: there are many samples for each question.
 * @param jobId the id of the job in samples
 */
export async function noteSample(writer: Writer, clusterName: string, jobId: string): Promise<void> {
  const cluster = await clusterNamed(writer, clusterName);
  if (cluster === null) return;
  const clock = clockOf(cluster);
  const ends = await endsOfJob(writer, clusterName, jobId);
  await markStale(writer, clusterName, new Set(ends.map((end) => clock.dayOf(clock.timeOf(end)))));
}

/** Makes the segments of some clusters again that do not have every stored sample. */
export async function takeInSamples(store: Store, names: readonly string[]): Promise<void> {
  const stale = await staleDays(store);
  for (const cluster of await allClusters(store)) {
    const days = stale.filter((one) => one.cluster === cluster.name).map(({ day }) => day);
    // A cluster without all segments gets them from the jobs and samples.
    if (!cluster.isSegmented || !names.includes(cluster.name)) continue;
    for (let from = 0; from < days.length; from += daysAtOnce) {
      await store.transaction((writer) => rebuildSegments(writer, cluster, days.slice(from, from + daysAtOnce)));
    }
  }
}
