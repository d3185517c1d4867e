import { sampledJobSchema } from '../../../lib/sampled-job.ts';
import { summaryOf } from '../../sampled/summary.ts';
import { allClusters, type Cluster, markSegmented } from '../../store/clusters.ts';
import { nextEnd } from '../../store/jobs.ts';
import type { Store } from '../../store/port.ts';
import { samplesWithoutSummary, storeSummary } from '../../store/sampled-jobs.ts';
import { segmentDays } from '../../store/usage-segments.ts';
import { clockOf, rebuildSegments } from './rebuild.ts';

/** The number of days in one transaction: other writers wait for some tenths of a second. */
const daysAtOnce = 10;

/** Reports the progress: the number of days of a cluster whose segments are made. */
export type TakeOverProgress = (cluster: string, days: number) => void;

/**
 * Makes the missing segments of the clusters that an older version or a change of the time zone left without them. It
 * can be stopped at any time and goes on at the next call.
 */
export async function makeMissingSegments(store: Store, progress: TakeOverProgress): Promise<void> {
  await summariseSamples(store);
  for (const cluster of await allClusters(store)) {
    if (!cluster.isSegmented) await makeSegments(store, cluster, progress);
  }
}

/** Makes the summaries of the samples that an older version stored without them. */
async function summariseSamples(store: Store): Promise<void> {
  for (;;) {
    const samples = await samplesWithoutSummary(store);
    if (samples.length === 0) return;
    await store.transaction(async (writer) => {
      for (const sample of samples) {
        const summary = summaryOf(sampledJobSchema.parse(JSON.parse(sample.body)));
        await storeSummary(writer, sample, JSON.stringify(summary));
      }
    });
  }
}

async function makeSegments(store: Store, cluster: Cluster, progress: TakeOverProgress): Promise<void> {
  const clock = clockOf(cluster);
  const made = await segmentDays(store, cluster.name);
  let count = made.size;
  let from = '';
  for (;;) {
    const days: number[] = [];
    while (days.length < daysAtOnce) {
      const end = await nextEnd(store, cluster.name, from);
      if (end === null) break;
      const day = clock.dayOf(clock.timeOf(end));
      if (!made.has(day)) days.push(day);
      from = clock.leastTextOf(day + 1);
    }
    if (days.length === 0) break;
    await store.transaction((writer) => rebuildSegments(writer, cluster, days));
    count += days.length;
    progress(cluster.name, count);
  }
  await store.transaction((writer) => markSegmented(writer, cluster.name, true));
}
