import { bookRun } from '../segments/booking.ts';
import { type Jobs, noTime, type SoftwareLists } from '../segments/segment.ts';
import { type Masks, selectRows } from './filter.ts';
import { type Loaded, loadedPart, type Segment } from './loaded.ts';
import { beginsOf, type Periods } from './periods.ts';
import { sizeClassOf } from './size-classes.ts';

/** The times by which a question counts jobs: when they were submitted, started or ended, or while they ran. */
export const axes = ['submitted', 'started', 'ended', 'ran'] as const;
export type Axis = (typeof axes)[number];

/**
 * Jobs of a segment in periods. A job has one entry, or one for each period in which it ran, and one for each of its
 * nodes if the question is by node.
 */
export type Entries = {
  readonly clusterIndex: number;
  readonly segment: Segment;
  readonly jobs: Jobs;
  readonly count: number;
  /** True if each job has one entry, with all that it used. */
  readonly areWhole: boolean;
  /** The index of the job in the segment. */
  readonly job: Int32Array;
  readonly period: Int32Array;
  /** The share of the usage of the job. */
  readonly share: Float64Array;
  /** The share of the job itself: 1, or one divided by its number of nodes. */
  readonly weight: Float64Array;
  /** 0 for the further entries of a job in later periods. */
  readonly isNew: Uint8Array;
  /** 0 for the entries of a job on its further nodes. */
  readonly isMain: Uint8Array;
  /** The id of the node, if the question is by node; 0 for a job without nodes. */
  readonly node: Int32Array;
  /** The number of the group, if the entries were divided among groups. */
  readonly group?: Int32Array;
};

/** The jobs that a scan finds. */
export type Scan = {
  readonly clusters: readonly Loaded[];
  /** For each cluster. */
  readonly masks: readonly Masks[];
  readonly axis: Axis;
  readonly periods: Periods;
  readonly isByNode: boolean;
  /** The numbers of the size classes that pass; null for all. */
  readonly sizes: ReadonlySet<number> | null;
  /** For each cluster: 1 at the id of each node that passes; null for all. The question must be by node. */
  readonly nodes: readonly Uint8Array[] | null;
  /** For each cluster: 1 at the id of each program that passes; null for all jobs. */
  readonly software: readonly Uint8Array[] | null;
};

/** Columns of entries that the segments of a scan use in turn. */
type Buffers = {
  job: Int32Array;
  period: Int32Array;
  share: Float64Array;
  weight: Float64Array;
  isNew: Uint8Array;
  isMain: Uint8Array;
  node: Int32Array;
};

/** Returns the CPU seconds of a job. */
export function cpuSecondsOf(jobs: Jobs, job: number): number {
  return jobs.cpuSeconds === null ? (jobs.cpus[job] ?? 0) * durationOf(jobs, job) : (jobs.cpuSeconds[job] ?? 0);
}

/** Returns the GPU seconds of a job. */
export function gpuSecondsOf(jobs: Jobs, job: number): number {
  return jobs.gpuSeconds === null ? (jobs.gpus[job] ?? 0) * durationOf(jobs, job) : (jobs.gpuSeconds[job] ?? 0);
}

/** Returns the seconds from start to end of a job; 0 if it has no start or end, or ends before it starts. */
export function durationOf(jobs: Jobs, job: number): number {
  const start = jobs.start[job] ?? noTime;
  const end = jobs.end[job] ?? noTime;
  return start === noTime || end === noTime || end < start ? 0 : end - start;
}

/** Calls `take` with the entries of each segment. They are valid until it returns. */
export function scanJobs(scan: Scan, take: (entries: Entries) => void): void {
  const areWhole = scan.axis !== 'ran' && !scan.isByNode;
  let selected = new Int32Array(0);
  let buffers = buffersOf(0);
  for (const [clusterIndex, loaded] of scan.clusters.entries()) {
    const begins = beginsOf(scan.periods, loaded.clock);
    for (const segment of loaded.segments) {
      const jobs = loadedPart(segment.columns);
      if (selected.length < jobs.count) selected = new Int32Array(jobs.count);
      let count = selectRows(jobs, segment.cells.combinations, scan.masks[clusterIndex] ?? [], selected);
      if (scan.sizes !== null) count = keepSizes(jobs, scan.sizes, selected, count);
      if (scan.software !== null) {
        const passes = scan.software[clusterIndex] ?? new Uint8Array(0);
        count = keepSoftware(loadedPart(segment.software), passes, selected, count);
      }
      if (count === 0) continue;
      if (buffers.job.length < count) buffers = buffersOf(count);
      let placed: number;
      if (scan.axis === 'ran') {
        [buffers, placed] = placeRuns(jobs, segment.day, loaded, scan.periods, begins, selected, count, buffers);
      } else {
        const base = loaded.clock.beginOf(segment.day);
        placed = placeOnce(jobs[timeOf[scan.axis]], base, begins, selected, count, buffers);
      }
      if (placed === 0) continue;
      let [entries, entryCount] = [buffers, placed];
      if (scan.isByNode) {
        [entries, entryCount] = divideByNode(segment, buffers, placed, scan.nodes?.[clusterIndex] ?? null);
      }
      if (entryCount > 0) take({ clusterIndex, segment, jobs, count: entryCount, areWhole, ...entries });
    }
  }
}

/** The column of the time by which a question counts jobs. */
const timeOf = { submitted: 'submit', started: 'start', ended: 'end' } as const;

// A small function for each step, called once a segment: JSC gives up optimised code of one large loop after some calls.

function placeOnce(
  times: Int32Array,
  base: number,
  begins: Float64Array,
  selected: Int32Array,
  count: number,
  { job, period }: Buffers,
): number {
  let placed = 0;
  let at = 0;
  for (let index = 0; index < count; index++) {
    const row = selected[index] ?? 0;
    const offset = times[row] ?? noTime;
    if (offset === noTime) continue;
    const found = periodAt(begins, base + offset, at);
    if (found < 0) continue;
    at = found;
    job[placed] = row;
    period[placed] = at;
    placed++;
  }
  return placed;
}

/**
 * Returns the index of the period of a time; -1 if it is in none.
 * @param guess the period of the job before, which most jobs have
 */
function periodAt(begins: Float64Array, time: number, guess: number): number {
  if (time >= (begins[guess] ?? 0) && time < (begins[guess + 1] ?? 0)) return guess;
  const found = lastAtMost(begins, time);
  return found < begins.length - 1 ? found : -1;
}

/** Returns the index of the last of some sorted times that is not after a time; -1 if there is none. */
function lastAtMost(times: Float64Array, time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function placeRuns(
  jobs: Jobs,
  segmentDay: number,
  { clock }: Loaded,
  { window, indexOfDay }: Periods,
  begins: Float64Array,
  selected: Int32Array,
  count: number,
  given: Buffers,
): [Buffers, number] {
  const base = clock.beginOf(segmentDay);
  let buffers = given;
  let placed = 0;
  let row = 0;
  let guess = 0;
  let isNew = 1;
  const book = (day: number, share: number): void => {
    if (day < window.from || day >= window.until) return;
    const period = indexOfDay[day - window.from] ?? 0;
    if (placed > 0 && buffers.job[placed - 1] === row && buffers.period[placed - 1] === period) {
      buffers.share[placed - 1] = (buffers.share[placed - 1] ?? 0) + share;
      return;
    }
    if (placed === buffers.job.length) buffers = grown(buffers);
    buffers.job[placed] = row;
    buffers.period[placed] = period;
    buffers.share[placed] = share;
    buffers.weight[placed] = 1;
    buffers.isNew[placed] = isNew;
    isNew = 0;
    placed++;
  };
  for (let index = 0; index < count; index++) {
    row = selected[index] ?? 0;
    isNew = 1;
    const start = jobs.start[row] ?? noTime;
    const end = jobs.end[row] ?? noTime;
    const at = wholePeriodOf(start, end, base, begins, guess);
    if (at >= 0) {
      guess = at;
      if (placed === buffers.job.length) buffers = grown(buffers);
      placeWhole(buffers, placed, row, at);
      placed++;
      continue;
    }
    const run = { start: start === noTime ? null : base + start, end: end === noTime ? null : base + end };
    if (bookRun(run, clock, book)) continue;
    if (cpuSecondsOf(jobs, row) === 0 && gpuSecondsOf(jobs, row) === 0) continue;
    // The job has usage, but not the times of its run: its usage counts on the day of the segment, and the job does not.
    isNew = 0;
    const before = placed;
    book(segmentDay, 1);
    if (placed > before) buffers.weight[before] = 0;
  }
  return [buffers, placed];
}

/** Runs above this length have a wrong time, and are not in one period. */
const longestRunSeconds = 1000 * 86_400;

/** Returns the index of the period in which all of a run is; -1 if there is none. */
function wholePeriodOf(start: number, end: number, base: number, begins: Float64Array, guess: number): number {
  if (start === noTime || end < start || end - start > longestRunSeconds) return -1;
  const at = periodAt(begins, base + start, guess);
  return at >= 0 && base + end <= (begins[at + 1] ?? 0) ? at : -1;
}

function placeWhole({ job, period, share, weight, isNew }: Buffers, at: number, row: number, periodOf: number): void {
  job[at] = row;
  period[at] = periodOf;
  share[at] = 1;
  weight[at] = 1;
  isNew[at] = 1;
}

function keepSizes({ cpus }: Jobs, sizes: ReadonlySet<number>, selected: Int32Array, count: number): number {
  let left = 0;
  for (let index = 0; index < count; index++) {
    const row = selected[index] ?? 0;
    if (!sizes.has(sizeClassOf(cpus[row] ?? 0))) continue;
    selected[left] = row;
    left++;
  }
  return left;
}

/** Keeps the jobs that ran a program that passes. */
function keepSoftware(software: SoftwareLists | null, passes: Uint8Array, selected: Int32Array, count: number): number {
  if (software === null) return 0;
  const { offsets, ids } = software;
  let left = 0;
  for (let index = 0; index < count; index++) {
    const row = selected[index] ?? 0;
    const end = offsets[row + 1] ?? 0;
    let at = offsets[row] ?? 0;
    while (at < end && passes[ids[at] ?? 0] !== 1) at++;
    if (at === end) continue;
    selected[left] = row;
    left++;
  }
  return left;
}

/** Divides each entry among the nodes of its job, and keeps those of the nodes that pass. */
function divideByNode(segment: Segment, from: Buffers, count: number, passes: Uint8Array | null): [Buffers, number] {
  const { offsets, ids } = loadedPart(segment.node_lists);
  let total = 0;
  for (let index = 0; index < count; index++) {
    const job = from.job[index] ?? 0;
    total += Math.max(1, (offsets[job + 1] ?? 0) - (offsets[job] ?? 0));
  }
  const to = buffersOf(total);
  let placed = 0;
  for (let index = 0; index < count; index++) {
    const job = from.job[index] ?? 0;
    const first = offsets[job] ?? 0;
    const nodes = (offsets[job + 1] ?? 0) - first;
    const parts = Math.max(1, nodes);
    let isMain = 1;
    for (let part = 0; part < parts; part++) {
      const node = nodes === 0 ? 0 : (ids[first + part] ?? 0);
      if (passes !== null && passes[node] !== 1) continue;
      to.job[placed] = job;
      to.period[placed] = from.period[index] ?? 0;
      to.share[placed] = (from.share[index] ?? 0) / parts;
      to.weight[placed] = (from.weight[index] ?? 0) / parts;
      to.isNew[placed] = from.isNew[index] ?? 0;
      to.isMain[placed] = isMain;
      isMain = 0;
      to.node[placed] = node;
      placed++;
    }
  }
  return [to, placed];
}

/** Returns entries that are whole and new, until a step changes them. */
export function buffersOf(length: number): Buffers {
  return {
    job: new Int32Array(length),
    period: new Int32Array(length),
    share: new Float64Array(length).fill(1),
    weight: new Float64Array(length).fill(1),
    isNew: new Uint8Array(length).fill(1),
    isMain: new Uint8Array(length).fill(1),
    node: new Int32Array(length),
  };
}

function grown(from: Buffers): Buffers {
  const to = buffersOf(Math.max(1024, 2 * from.job.length));
  to.job.set(from.job);
  to.period.set(from.period);
  to.share.set(from.share);
  to.weight.set(from.weight);
  to.isNew.set(from.isNew);
  return to;
}
