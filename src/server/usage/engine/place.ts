import type { ClusterClock } from '../cluster-clock.ts';
import { isTooLong, longRunSeconds } from '../segments/booking.ts';
import { type Jobs, noTime } from '../segments/segment.ts';
import { type Buffers, grown } from './entries.ts';
import { cpuSecondsOf, gpuSecondsOf } from './job-usage.ts';
import type { Loaded } from './loaded.ts';
import type { Periods } from './periods.ts';

// A small function for each step, called once a segment: JSC gives up optimised code of one large loop after some calls.
// No pairs as `[from, to] = [a, b]` in the loops: code that is not optimised yet makes an array of each.

/** Places each of the selected jobs in the period of one of its times, and returns the number of entries. */
export function placeOnce(
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
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Places each of the selected jobs in the periods in which it ran, and returns the entries and their number. The shares
 * of a job add up to 1 if it ran in the window only.
 */
export function placeRuns(
  jobs: Jobs,
  segmentDay: number,
  { clock }: Loaded,
  periods: Periods,
  begins: Float64Array,
  selected: Int32Array,
  count: number,
  given: Buffers,
): [Buffers, number] {
  const base = clock.beginOf(segmentDay);
  let buffers = given;
  let [placed, index] = [0, 0];
  while (index < count) {
    const before = index;
    index = placeWhole(jobs, base, begins, selected, index, count, buffers, placed);
    placed += index - before;
    if (index === count) break;
    // Few jobs are not in one period.
    if (placed + count - index + begins.length > buffers.job.length) buffers = grown(buffers, begins.length);
    placed = placeParts(jobs, segmentDay, clock, periods, begins, selected[index] ?? 0, buffers, placed);
    index++;
  }
  return [buffers, placed];
}

/** Places the jobs from `first` on until one is not in one period, and returns the index of that one. */
function placeWhole(
  { start, end }: Jobs,
  base: number,
  begins: Float64Array,
  selected: Int32Array,
  first: number,
  count: number,
  { job, period, share, weight, isNew }: Buffers,
  placed: number,
): number {
  let begin = 0;
  let until = 0;
  let at = -1;
  for (let index = first; index < count; index++) {
    const row = selected[index] ?? 0;
    const from = start[row] ?? noTime;
    const to = end[row] ?? noTime;
    if (from === noTime || to < from || to - from > longRunSeconds) return index;
    if (base + from < begin || base + to > until || base + from >= until) {
      at = periodAt(begins, base + from, 0);
      begin = begins[at] ?? 0;
      until = begins[at + 1] ?? 0;
      if (at < 0 || base + to > until) return index;
    }
    const entry = placed + index - first;
    job[entry] = row;
    period[entry] = at;
    share[entry] = 1;
    weight[entry] = 1;
    isNew[entry] = 1;
  }
  return count;
}

/** Places a job in each of its periods, and returns the number of all entries. */
function placeParts(
  jobs: Jobs,
  segmentDay: number,
  clock: ClusterClock,
  { window, indexOfDay }: Periods,
  begins: Float64Array,
  row: number,
  to: Buffers,
  before: number,
): number {
  const base = clock.beginOf(segmentDay);
  const start = jobs.start[row] ?? noTime;
  const end = jobs.end[row] ?? noTime;
  const run = { start: base + start, end: base + end };
  let placed = before;
  if (start === noTime || end === noTime || end < start || isTooLong(run, clock)) {
    const isInWindow = segmentDay >= window.from && segmentDay < window.until;
    if (!isInWindow || (cpuSecondsOf(jobs, row) === 0 && gpuSecondsOf(jobs, row) === 0)) return placed;
    // Its usage counts on the day of the segment, and the job itself does not.
    setEntry(to, placed, row, indexOfDay[segmentDay - window.from] ?? 0, 1, 0, 0);
    return placed + 1;
  }
  for (let period = Math.max(0, lastAtMost(begins, run.start)); period + 1 < begins.length; period++) {
    const from = Math.max(run.start, begins[period] ?? 0);
    const until = Math.min(run.end, begins[period + 1] ?? 0);
    if (until <= from) break;
    setEntry(to, placed, row, period, (until - from) / (end - start), 1, placed === before ? 1 : 0);
    placed++;
  }
  return placed;
}

function setEntry(
  { job, period, share, weight, isNew }: Buffers,
  at: number,
  row: number,
  periodOf: number,
  shareOf: number,
  weightOf: number,
  isNewOf: number,
): void {
  job[at] = row;
  period[at] = periodOf;
  share[at] = shareOf;
  weight[at] = weightOf;
  isNew[at] = isNewOf;
}
