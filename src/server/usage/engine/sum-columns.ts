import type { Ids } from '../segments/segment.ts';
import type { Entries } from './entries.ts';
import { durationOf } from './job-usage.ts';
import type { Measure } from './measures.ts';

/** Sums of jobs, each row of something else. */
export type SumColumns = {
  readonly jobs: Float64Array;
  /** New jobs are those that are in no earlier period. */
  readonly newJobs: Float64Array;
  readonly cpuSeconds: Float64Array;
  readonly gpuSeconds: Float64Array;
  readonly nodeSeconds: Float64Array;
};

/** Returns sums that are 0. */
export function sumColumns(rows: number): SumColumns {
  return {
    jobs: new Float64Array(rows),
    newJobs: new Float64Array(rows),
    cpuSeconds: new Float64Array(rows),
    gpuSeconds: new Float64Array(rows),
    nodeSeconds: new Float64Array(rows),
  };
}

/** Returns the same sums with more rows. */
export function moreRows(from: SumColumns, rows: number): SumColumns {
  const to = sumColumns(rows);
  to.jobs.set(from.jobs);
  to.newJobs.set(from.newJobs);
  to.cpuSeconds.set(from.cpuSeconds);
  to.gpuSeconds.set(from.gpuSeconds);
  to.nodeSeconds.set(from.nodeSeconds);
  return to;
}

// A small function for each step, called once a segment: JSC gives up optimised code of one large loop after some calls.

/**
 * Adds to sums what entries have of some measures.
 * @param rows the row of each entry in the sums
 */
export function addEntries(entries: Entries, rows: Int32Array, to: SumColumns, measures: readonly Measure[]): void {
  const { jobs } = entries;
  if (measures.includes('jobs')) addJobs(entries, rows, to);
  if (measures.includes('cpu_hours')) addSeconds(entries, jobs.cpus, jobs.cpuSeconds, rows, to.cpuSeconds);
  if (measures.includes('gpu_hours')) addSeconds(entries, jobs.gpus, jobs.gpuSeconds, rows, to.gpuSeconds);
  if (measures.includes('node_hours')) addSeconds(entries, jobs.nodes, null, rows, to.nodeSeconds);
}

function addJobs({ count, weight, isNew }: Entries, rows: Int32Array, { jobs, newJobs }: SumColumns): void {
  for (let index = 0; index < count; index++) {
    const row = rows[index] ?? 0;
    const counted = weight[index] ?? 0;
    jobs[row] = (jobs[row] ?? 0) + counted;
    newJobs[row] = (newJobs[row] ?? 0) + counted * (isNew[index] ?? 0);
  }
}

/**
 * @param units what a job had during its run
 * @param used the seconds of each job; null if they are its units times its duration
 */
function addSeconds(
  { jobs, count, job, share }: Entries,
  units: Ids,
  used: Float64Array | null,
  rows: Int32Array,
  seconds: Float64Array,
): void {
  for (let index = 0; index < count; index++) {
    const row = rows[index] ?? 0;
    const which = job[index] ?? 0;
    const all = used === null ? (units[which] ?? 0) * durationOf(jobs, which) : (used[which] ?? 0);
    seconds[row] = (seconds[row] ?? 0) + all * (share[index] ?? 0);
  }
}
