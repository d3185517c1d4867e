import type { z } from 'zod';
import type { expectedWaitSchema } from '../answers.ts';
import { partsOf } from '../engine/filter.ts';
import { type Loaded, loadedPart } from '../engine/loaded.ts';
import { sizeClassOf, sizeLabels } from '../engine/size-classes.ts';
import { quantile, sortedList, type Timing } from '../engine/statistics.ts';
import { noTime } from '../segments/segment.ts';

/** What a user wants to know: how long a job will wait. */
export type WaitQuestion = {
  readonly cluster: string;
  readonly partition: string;
  readonly cpus: number;
  /** How long the job will run, in hours; null if it does not matter. */
  readonly hours: number | null;
  /** Jobs that wait in the partition; null if it is not known. */
  readonly queued: number | null;
  /** True if the newest snapshot has the partition: it exists, even if no job has it. */
  readonly isQueue: boolean;
};

/** How long a job will wait, in hours. The times are null below 30 jobs. */
export type ExpectedWait = z.infer<typeof expectedWaitSchema>;

/** The last four weeks. */
const windowDays = 28;
/** Jobs that were submitted earlier may have waited in the queue at the beginning of the window. */
const queueDays = 14;
const leastJobs = 30;
const durationBounds = [1, 4, 12, 24].map((hours) => hours * 3600);

/** Returns the first day whose segments `expectedWait` reads, before the last day of a cluster. */
export function firstWaitDay(lastDay: number): number {
  return lastDay - windowDays - queueDays;
}

/**
 * Returns how long jobs of the partition and size class waited that were submitted in the last four weeks with a similar
 * number of jobs before them: half to twice as many, or five more or fewer.
 */
export function expectedWait(question: WaitQuestion, loaded: Loaded | undefined, lastDay: number): ExpectedWait {
  const { cluster, partition, cpus, hours, queued } = question;
  const size = sizeClassOf(cpus);
  const jobs = loaded ? jobsIn(loaded, partition) : { submits: [], leaves: [], all: [] };
  const depthAt = (time: number) => countUpTo(jobs.submits, time) - countUpTo(jobs.leaves, time);
  const since = (loaded?.clock.beginOf(lastDay + 1 - windowDays) ?? 0) - 1;
  const waits = jobs.all
    .filter(({ submit, start, cpus: own, duration }) => {
      if (start === null || submit <= since || sizeClassOf(own) !== size) return false;
      if (hours !== null && (duration === null || classOf(duration) !== classOf(hours * 3600))) return false;
      return queued === null || isSimilar(depthAt(submit - 1), queued);
    })
    .map(({ submit, start }) => (start ?? submit) - submit);
  const waiting: Timing = { lists: [sortedList(Uint32Array.from(waits))], repeats: [] };
  const isEnough = waits.length >= leastJobs;
  return {
    cluster,
    partition,
    size: sizeLabels[size] ?? '',
    queued,
    days: windowDays,
    jobs: waits.length,
    median_hours: isEnough ? (quantile(waiting, 0.5) ?? 0) / 3600 : null,
    p90_hours: isEnough ? (quantile(waiting, 0.9) ?? 0) / 3600 : null,
    reason: isEnough
      ? null
      : loaded
        ? `not enough data: fewer than ${leastJobs} similar jobs`
        : `not enough data: no finished job of ${cluster} has been received`,
  };
}

type WaitingJob = {
  readonly submit: number;
  readonly start: number | null;
  readonly cpus: number;
  readonly duration: number | null;
};

/** Returns the jobs of a partition, and the sorted times at which they came to and left the queue. */
function jobsIn({ segments, clock, names }: Loaded, partition: string) {
  const isWanted = names.map((name) => name !== null && partsOf('partition', name).includes(partition));
  const all: WaitingJob[] = [];
  const leaves: number[] = [];
  for (const segment of segments) {
    const jobs = loadedPart(segment.columns);
    const { partition: ids } = segment.cells.combinations;
    const base = clock.beginOf(segment.day);
    for (let job = 0; job < jobs.count; job++) {
      if (isWanted[ids[jobs.combination[job] ?? 0] ?? 0] !== true) continue;
      const submit = base + (jobs.submit[job] ?? 0);
      const start = jobs.start[job] ?? noTime;
      const end = jobs.end[job] ?? noTime;
      const isStarted = start !== noTime && base + start >= submit;
      const duration = isStarted && end !== noTime && end >= start ? end - start : null;
      all.push({ submit, start: isStarted ? base + start : null, cpus: jobs.cpus[job] ?? 0, duration });
      // A job that never started left the queue when it was cancelled.
      leaves.push(isStarted ? base + start : end === noTime ? submit : base + end);
    }
  }
  const submits = all.map(({ submit }) => submit).sort((a, b) => a - b);
  return { all, submits, leaves: leaves.sort((a, b) => a - b) };
}

function isSimilar(depth: number, queued: number): boolean {
  return (depth >= queued / 2 && depth <= queued * 2) || Math.abs(depth - queued) <= 5;
}

function classOf(seconds: number): number {
  const found = durationBounds.findIndex((bound) => seconds < bound);
  return found < 0 ? durationBounds.length : found;
}

/** Returns how many sorted times are not after a time. */
function countUpTo(sorted: readonly number[], time: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
