import { bookRun } from '../segments/booking.ts';
import { type Jobs, noTime } from '../segments/segment.ts';
import { type Buffers, grown } from './entries.ts';
import { cpuSecondsOf, gpuSecondsOf } from './job-usage.ts';
import type { Loaded } from './loaded.ts';
import type { Periods } from './periods.ts';

// A small function for each step, called once a segment: JSC gives up optimised code of one large loop after some calls.

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
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Places each of the selected jobs in the periods in which it ran, and returns the entries and their number. */
export function placeRuns(
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
