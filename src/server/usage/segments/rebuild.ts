import type { SampleSummary } from '../../sampled/summary.ts';
import { type Cluster, nextVersion } from '../../store/clusters.ts';
import { idInSamples, jobsByEnd, type UsageRow } from '../../store/jobs.ts';
import type { Writer } from '../../store/port.ts';
import { hasSamples, summariesOfJobs } from '../../store/sampled-jobs.ts';
import { addNames, addPrograms, namesAfter, programsAfter, type UsageName } from '../../store/usage-names.ts';
import { storeSegment } from '../../store/usage-segments.ts';
import { type ClusterClock, clusterClock } from '../cluster-clock.ts';
import { createSegmentBuilder } from './build.ts';
import { createNodeIds } from './node-ids.ts';

/** Returns the clock by which the jobs of a cluster are counted. */
export function clockOf({ timeZone, storedTimes }: Pick<Cluster, 'timeZone' | 'storedTimes'>): ClusterClock {
  return clusterClock(timeZone, storedTimes);
}

/** Returns the day of the segment to which a job belongs; see `StoredSegment`. */
export function segmentDay(
  clock: ClusterClock,
  { submit, start, end }: { readonly submit: string; readonly start: string | null; readonly end: string | null },
): number {
  return clock.dayOf(clock.timeOf(end ?? start ?? submit));
}

/** Makes the segments of some days from the rows of the jobs. Other requests are answered meanwhile. */
export async function rebuildSegments(writer: Writer, cluster: Cluster, days: Iterable<number>): Promise<void> {
  const clock = clockOf(cluster);
  const ordered = [...new Set(days)].sort((a, b) => a - b);
  if (ordered.length === 0) return;
  const version = await nextVersion(writer, cluster.name);
  const names = dictionaryOf(await namesAfter(writer, cluster.name, 0));
  const programs = dictionaryOf(await programsAfter(writer, cluster.name, 0));
  const ids = { idOf: names.idOf, programIdOf: programs.idOf, nodeIdsOf: createNodeIds(names.idOf) };
  const isSampled = await hasSamples(writer, cluster.name);
  for (const day of ordered) {
    const builder = createSegmentBuilder(day, clock, ids);
    for await (const rows of jobsByEnd(writer, cluster.name, clock.leastTextOf(day), clock.leastTextOf(day + 1))) {
      const samples = isSampled ? await samplesOf(writer, cluster.name, rows) : null;
      for (const row of rows) builder.add(row, samples?.get(idInSamples(row)) ?? none);
      await otherRequests();
    }
    await storeSegment(writer, cluster.name, { day, version, ...builder.finish() });
    await otherRequests();
  }
  await addNames(writer, cluster.name, names.added);
  await addPrograms(writer, cluster.name, programs.added);
}

const none: readonly SampleSummary[] = [];

/** Returns the samples of jobs by the id that the jobs have in them. */
async function samplesOf(
  writer: Writer,
  cluster: string,
  rows: readonly UsageRow[],
): Promise<ReadonlyMap<string, readonly SampleSummary[]>> {
  const samples = new Map<string, SampleSummary[]>();
  for (const { job_id, summary } of await summariesOfJobs(writer, cluster, rows.map(idInSamples))) {
    const read: SampleSummary = JSON.parse(summary);
    const known = samples.get(job_id);
    if (known) known.push(read);
    else samples.set(job_id, [read]);
  }
  return samples;
}

/** Lets other requests be answered in the middle of long work. */
export function otherRequests(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A dictionary that gives new names the next ids and lists them in `added`. */
function dictionaryOf(stored: readonly UsageName[]) {
  const ids = new Map(stored.map(({ id, name }) => [name, id]));
  const added: UsageName[] = [];
  let last = stored.at(-1)?.id ?? 0;
  return {
    added,
    idOf(name: string): number {
      const known = ids.get(name);
      if (known !== undefined) return known;
      last += 1;
      ids.set(name, last);
      added.push({ id: last, name });
      return last;
    },
  };
}
