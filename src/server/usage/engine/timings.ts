import { type Jobs, noTime } from '../segments/segment.ts';
import {
  addToBucket,
  type Buckets,
  createBuckets,
  growBucket,
  noValues,
  reserveSlots,
  sortedLists,
} from './buckets.ts';
import type { Entries } from './entries.ts';
import type { Grouping } from './grouping.ts';
import type { Periods } from './periods.ts';
import { type Timing, together } from './statistics.ts';

/** The times of jobs that have quantiles: from submission to start, and from start to end. */
export type TimingKind = 'wait' | 'duration';

/** Timings by group and period. A job that ran in several periods is in each of them, and once in the total. */
export type Timings = {
  readonly groups: readonly { readonly total: Timing; readonly periods: readonly Timing[] }[];
  readonly all: { readonly total: Timing; readonly periods: readonly Timing[] };
};

/** A job with several entries must be once in each sum of them: these are the sums, beside those by group and period. */
type Sums = { readonly byGroup: Buckets; readonly byPeriod: Buckets; readonly total: Buckets };

/**
 * Collects the times of jobs, so that every quantile is of the jobs themselves.
 * @param isDivided whether a job can have several entries
 * @param jobCount the most jobs that there can be, or 0: memory for them is reserved
 * @param isByNode whether each node is a group: a job has its time in the group of each of its nodes
 */
export function createTimings(
  kind: TimingKind,
  grouping: Grouping,
  periods: Periods,
  isDivided: boolean,
  jobCount = 0,
  isByNode = false,
) {
  const periodCount = periods.list.length;
  const parts = createBuckets(Math.ceil((1.25 * jobCount) / Math.max(1, periodCount)));
  const sums: Sums | null = isDivided
    ? { byGroup: createBuckets(), byPeriod: createBuckets(), total: createBuckets() }
    : null;
  let groups = new Int32Array(0);

  return {
    addEntries(entries: Entries): void {
      if (groups.length < entries.count) groups = new Int32Array(entries.count);
      grouping.ofEntries(entries, groups);
      const groupCount = grouping.labels.length + 1;
      reserveSlots(parts, groupCount * periodCount);
      const [from, to] = kind === 'wait' ? ends(entries.jobs, 'submit', 'start') : ends(entries.jobs, 'start', 'end');
      const counts = isByNode ? firstInGroup(entries, groups, groupCount) : entries.isMain;
      addParts(entries, counts, from, to, groups, periodCount, parts);
      if (sums === null) return;
      reserveSlots(sums.byGroup, groupCount);
      reserveSlots(sums.byPeriod, periodCount);
      reserveSlots(sums.total, 1);
      addSums(entries, counts, from, to, groups, sums);
    },
    finish(): Timings {
      const groupCount = grouping.labels.length + 1;
      const numbers = periods.list.map((_, period) => period);
      const lists = sortedLists(parts, groupCount * periodCount);
      const byPeriod = sums && sortedLists(sums.byPeriod, periodCount);
      const byGroup = sums && sortedLists(sums.byGroup, groupCount);
      const total = sums && sortedLists(sums.total, 1);
      const groups = Array.from({ length: groupCount }, (_, group) => {
        const inPeriods = numbers.map((period) =>
          together([lists.slice(group * periodCount + period, group * periodCount + period + 1)]),
        );
        return { total: byGroup ? byGroup.slice(group, group + 1) : together(inPeriods), periods: inPeriods };
      });
      return {
        groups,
        all: {
          total: total ?? together(groups.map((group) => group.total)),
          periods: numbers.map((period) =>
            byPeriod
              ? byPeriod.slice(period, period + 1)
              : together(groups.map((group) => group.periods[period] ?? [])),
          ),
        },
      };
    },
  };
}

function ends(jobs: Jobs, from: 'submit' | 'start', to: 'start' | 'end'): [Int32Array, Int32Array] {
  return [jobs[from], jobs[to]];
}

/**
 * Returns 1 for the first entry of a job in each group and period: a job on several nodes that are not named is once in
 * the group of the others. The entries of a job in a period are one after the other.
 */
function firstInGroup({ count, job, period }: Entries, groups: Int32Array, groupCount: number): Uint8Array {
  const counts = new Uint8Array(count);
  const latest = new Int32Array(groupCount);
  let run = 0;
  for (let index = 0; index < count; index++) {
    if (index === 0 || job[index] !== job[index - 1] || period[index] !== period[index - 1]) run++;
    const group = groups[index] ?? 0;
    if (latest[group] === run) continue;
    latest[group] = run;
    counts[index] = 1;
  }
  return counts;
}

/** @param counts 1 for the entries that count in their group and period */
function addParts(
  { count, job, period, weight }: Entries,
  counts: Uint8Array,
  from: Int32Array,
  to: Int32Array,
  groups: Int32Array,
  periodCount: number,
  parts: Buckets,
): void {
  let slot = -1;
  let list: Uint32Array = noValues;
  let length = 0;
  for (let index = 0; index < count; index++) {
    const which = job[index] ?? 0;
    const begin = from[which] ?? noTime;
    const end = to[which] ?? noTime;
    if (begin === noTime || end < begin || weight[index] === 0 || counts[index] !== 1) continue;
    const of = (groups[index] ?? 0) * periodCount + (period[index] ?? 0);
    // Most jobs have the slot of the job before.
    if (of !== slot) {
      if (slot >= 0) parts.lengths[slot] = length;
      slot = of;
      list = parts.lists[slot] ?? noValues;
      length = parts.lengths[slot] ?? 0;
    }
    if (length === list.length) list = growBucket(parts, slot);
    list[length] = end - begin;
    length++;
  }
  if (slot >= 0) parts.lengths[slot] = length;
}

function addSums(
  { count, job, period, weight, isNew, isMain }: Entries,
  counts: Uint8Array,
  from: Int32Array,
  to: Int32Array,
  groups: Int32Array,
  { byGroup, byPeriod, total }: Sums,
): void {
  for (let index = 0; index < count; index++) {
    const which = job[index] ?? 0;
    const begin = from[which] ?? noTime;
    const end = to[which] ?? noTime;
    if (begin === noTime || end < begin || weight[index] === 0) continue;
    if (isNew[index] === 1 && counts[index] === 1) addToBucket(byGroup, groups[index] ?? 0, end - begin);
    if (isMain[index] === 1) addToBucket(byPeriod, period[index] ?? 0, end - begin);
    if (isNew[index] === 1 && isMain[index] === 1) addToBucket(total, 0, end - begin);
  }
}
