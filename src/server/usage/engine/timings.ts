import { type Jobs, noTime } from '../segments/segment.ts';
import type { Grouping } from './grouping.ts';
import type { Periods } from './periods.ts';
import type { Entries } from './scan.ts';

/** The times of jobs that have quantiles: from submission to start, and from start to end. */
export type TimingKind = 'wait' | 'duration';

/** The sorted seconds of some jobs. A job without the time is not among them. */
export type Timing = Uint32Array;

/** Timings by group and period. A job that ran in several periods is in each of them, and once in the total. */
export type Timings = {
  readonly groups: readonly { readonly total: Timing; readonly periods: readonly Timing[] }[];
  readonly all: { readonly total: Timing; readonly periods: readonly Timing[] };
};

/** Collects the times of jobs, so that every quantile is of the jobs themselves. */
export function createTimings(kind: TimingKind, grouping: Grouping, periods: Periods) {
  const periodCount = periods.list.length;
  let values = new Uint32Array(1024);
  /** The group and the period of each value. */
  let slots = new Uint32Array(1024);
  /** `isNew` and `isMain` of the entry of each value. */
  let marks = new Uint8Array(1024);
  let count = 0;
  let groups = new Int32Array(0);

  function reserve(more: number): void {
    if (count + more <= values.length) return;
    const length = Math.max(count + more, Math.ceil(1.5 * values.length));
    values = resized(values, new Uint32Array(length));
    slots = resized(slots, new Uint32Array(length));
    marks = resized(marks, new Uint8Array(length));
  }

  return {
    addEntries(entries: Entries): void {
      reserve(entries.count);
      if (groups.length < entries.count) groups = new Int32Array(entries.count);
      grouping.ofEntries(entries, groups);
      const [from, to] = kind === 'wait' ? ends(entries.jobs, 'submit', 'start') : ends(entries.jobs, 'start', 'end');
      count = append(entries, from, to, groups, periodCount, { values, slots, marks }, count);
    },
    finish(): Timings {
      const used = {
        values: values.subarray(0, count),
        slots: slots.subarray(0, count),
        marks: marks.subarray(0, count),
      };
      const groupCount = grouping.labels.length + 1;
      // With one group, the slot of a value is its period.
      const isOne = grouping.labels.length === 1;
      const byPeriod = divided(used, periodCount, isOne ? null : (slot) => slot % periodCount, mainMark);
      const [total = new Uint32Array(0)] = divided(used, 1, null, newMark | mainMark);
      const all = { total, periods: byPeriod };
      if (isOne) return { groups: [all], all };
      const both = divided(used, groupCount * periodCount, null, 0);
      const byGroup = divided(used, groupCount, (slot) => Math.floor(slot / periodCount), newMark);
      return {
        all,
        groups: byGroup.map((of, group) => ({
          total: of,
          periods: both.slice(group * periodCount, (group + 1) * periodCount),
        })),
      };
    },
  };
}

function ends(jobs: Jobs, from: 'submit' | 'start', to: 'start' | 'end'): [Int32Array, Int32Array] {
  return [jobs[from], jobs[to]];
}

type Values = { readonly values: Uint32Array; readonly slots: Uint32Array; readonly marks: Uint8Array };

const [newMark, mainMark] = [1, 2];

function append(
  { count, job, period, isNew, isMain, weight }: Entries,
  from: Int32Array,
  to: Int32Array,
  groups: Int32Array,
  periodCount: number,
  { values, slots, marks }: Values,
  start: number,
): number {
  let at = start;
  for (let index = 0; index < count; index++) {
    const which = job[index] ?? 0;
    const begin = from[which] ?? noTime;
    const end = to[which] ?? noTime;
    if (begin === noTime || end < begin || weight[index] === 0) continue;
    values[at] = end - begin;
    slots[at] = (groups[index] ?? 0) * periodCount + (period[index] ?? 0);
    marks[at] = (isNew[index] ?? 0) * newMark + (isMain[index] ?? 0) * mainMark;
    at++;
  }
  return at;
}

/**
 * Divides the values that have all of some marks, and sorts each part.
 * @param partOf the part of each slot; null if the slots are the parts
 */
function divided(
  { values, slots, marks }: Values,
  parts: number,
  partOf: ((slot: number) => number) | null,
  wanted: number,
): Uint32Array[] {
  let kept = values;
  let partOfKept = slots.slice();
  if (!haveAll(marks, wanted)) {
    kept = values.filter((_, index) => ((marks[index] ?? 0) & wanted) === wanted);
    partOfKept = slots.filter((_, index) => ((marks[index] ?? 0) & wanted) === wanted);
  }
  if (parts === 1) return [kept.slice().sort()];
  if (partOf !== null) mapInPlace(partOfKept, partOf);
  const begins = beginsOf(partOfKept, parts);
  const scattered = scatter(kept, partOfKept, begins.slice());
  return Array.from({ length: parts }, (_, part) => scattered.subarray(begins[part], begins[part + 1]).sort());
}

function mapInPlace(values: Uint32Array, of: (value: number) => number): void {
  for (let index = 0; index < values.length; index++) values[index] = of(values[index] ?? 0);
}

function haveAll(marks: Uint8Array, wanted: number): boolean {
  for (let index = 0; index < marks.length; index++) if (((marks[index] ?? 0) & wanted) !== wanted) return false;
  return true;
}

/** Returns the index at which each part begins, and the end of the last one. */
function beginsOf(part: Uint32Array, parts: number): Uint32Array {
  const begins = new Uint32Array(parts + 1);
  for (let index = 0; index < part.length; index++) {
    const next = (part[index] ?? 0) + 1;
    begins[next] = (begins[next] ?? 0) + 1;
  }
  for (let index = 1; index <= parts; index++) begins[index] = (begins[index] ?? 0) + (begins[index - 1] ?? 0);
  return begins;
}

function scatter(values: Uint32Array, part: Uint32Array, places: Uint32Array): Uint32Array {
  const scattered = new Uint32Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const of = part[index] ?? 0;
    const at = places[of] ?? 0;
    scattered[at] = values[index] ?? 0;
    places[of] = at + 1;
  }
  return scattered;
}

function resized<Column extends Uint32Array | Uint8Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}

/** Returns a quantile of sorted values by linear interpolation between neighbours (type 7 of R, NumPy's default); null if there are none. */
export function quantile(sorted: Timing, probability: number): number | null {
  if (sorted.length === 0) return null;
  const place = (sorted.length - 1) * probability;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? 0;
  return below + (above - below) * (place - Math.floor(place));
}

/** Returns the mean; null if there are no values. */
export function mean(values: Timing): number | null {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? null : sum / values.length;
}

/** Returns how many sorted values are in each of the classes that `bounds` separate: a value equal to a bound is above it. */
export function countBetween(sorted: Timing, bounds: readonly number[]): number[] {
  const places = [0, ...bounds.map((bound) => firstAtLeast(sorted, bound)), sorted.length];
  return places.slice(1).map((place, index) => place - (places[index] ?? 0));
}

function firstAtLeast(sorted: Timing, bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
