import { type Jobs, noTime } from '../segments/segment.ts';
import { addToBucket, type Buckets, createBuckets, listsOf, nextChunk, noValues, reserveSlots } from './buckets.ts';
import type { Entries } from './entries.ts';
import type { Grouping } from './grouping.ts';
import type { Periods } from './periods.ts';
import { rowsOf } from './rows.ts';
import { joined, type Timing } from './statistics.ts';

/** The times of jobs that have quantiles: from submission to start, and from start to end. */
export type TimingKind = 'wait' | 'duration';

/** Timings by group and period. A job that ran in several periods is in each of them, and once in the total. */
export type Timings = {
  readonly groups: readonly { readonly total: Timing; readonly periods: readonly Timing[] }[];
  readonly all: { readonly total: Timing; readonly periods: readonly Timing[] };
};

/** The times of entries of jobs that an earlier entry has in the same group, in the same period, or at all. */
type Repeats = { readonly byGroup: Buckets; readonly byPeriod: Buckets; readonly total: Buckets };

/**
 * Collects the times of jobs, so that every quantile is of the jobs themselves.
 * @param grouping null for one group
 * @param isDivided whether a job can have several entries
 * @param isByNode whether each node is a group: a job has its time in the group of each of its nodes
 * @param hasSeries whether groups have values for each period; without them, large answers take a tenth of the memory
 */
export function createTimings(
  kind: TimingKind,
  grouping: Grouping | null,
  periods: Periods,
  isDivided: boolean,
  isByNode = false,
  hasSeries = true,
) {
  const periodCount = periods.list.length;
  const [byBoth, byGroup, byPeriod] = [createBuckets(), createBuckets(), createBuckets()];
  const repeats: Repeats | null = isDivided
    ? { byGroup: createBuckets(), byPeriod: createBuckets(), total: createBuckets() }
    : null;
  let slots = new Int32Array(0);
  // The groups, and the one of the others.
  const countGroups = () => (grouping === null ? 1 : grouping.labels.length + 1);

  function slotsOf(entries: Entries, groups: Int32Array): Int32Array {
    if (grouping === null) return entries.period;
    if (slots.length < entries.count) slots = new Int32Array(entries.count);
    return rowsOf(groups, entries, periodCount, slots);
  }

  return {
    /** @param groups the group of each entry: zeros for one group */
    addEntries(entries: Entries, groups: Int32Array): void {
      const groupCount = countGroups();
      const [from, to] = kind === 'wait' ? ends(entries.jobs, 'submit', 'start') : ends(entries.jobs, 'start', 'end');
      const counts = isByNode ? firstInGroup(entries, groups, groupCount) : entries.isMain;
      if (hasSeries) {
        reserveSlots(byBoth, groupCount * periodCount);
        addTimes(entries, counts, from, to, slotsOf(entries, groups), byBoth);
      } else {
        reserveSlots(byGroup, groupCount);
        reserveSlots(byPeriod, periodCount);
        addTimes(entries, counts, from, to, groups, byGroup);
        addTimes(entries, counts, from, to, entries.period, byPeriod);
      }
      if (repeats === null) return;
      reserveSlots(repeats.byGroup, groupCount);
      reserveSlots(repeats.byPeriod, periodCount);
      reserveSlots(repeats.total, 1);
      addRepeats(entries, counts, from, to, groups, repeats);
    },
    finish(): Timings {
      const groupCount = countGroups();
      const both = hasSeries ? listsOf(byBoth, groupCount * periodCount) : null;
      const ofGroup = (group: number) => both?.slice(group * periodCount, (group + 1) * periodCount) ?? [];
      const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
      const ofPeriod = (period: number) =>
        numbers(groupCount).flatMap((group) => both?.[group * periodCount + period] ?? []);
      const groupLists = both
        ? numbers(groupCount).map((group) => ofGroup(group).flat())
        : listsOf(byGroup, groupCount);
      const periodLists = both ? numbers(periodCount).map(ofPeriod) : listsOf(byPeriod, periodCount);
      const groupRepeats = repeats && listsOf(repeats.byGroup, groupCount);
      const periodRepeats = repeats && listsOf(repeats.byPeriod, periodCount);
      const totalRepeats = repeats && listsOf(repeats.total, 1);
      return {
        groups: groupLists.map((lists, group) => ({
          total: { lists: joined(lists), repeats: joined(groupRepeats?.[group] ?? []) },
          periods: ofGroup(group).map((inPeriod) => ({ lists: joined(inPeriod), repeats: [] })),
        })),
        all: {
          total: { lists: joined(groupLists.flat()), repeats: joined(totalRepeats?.[0] ?? []) },
          periods: periodLists.map((lists, period) => ({
            lists: joined(lists),
            repeats: joined(periodRepeats?.[period] ?? []),
          })),
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
function addTimes(
  { count, job, weight }: Entries,
  counts: Uint8Array,
  from: Int32Array,
  to: Int32Array,
  slots: Int32Array,
  buckets: Buckets,
): void {
  let slot = -1;
  let length = 0;
  let [chunk, counted]: [Uint32Array, Uint32Array] = [noValues, noValues];
  for (let index = 0; index < count; index++) {
    const which = job[index] ?? 0;
    const begin = from[which] ?? noTime;
    const end = to[which] ?? noTime;
    if (begin === noTime || end < begin || weight[index] === 0 || counts[index] !== 1) continue;
    const of = slots[index] ?? 0;
    // Most jobs have the slot of the job before.
    if (of !== slot) {
      if (slot >= 0) buckets.lengths[slot] = length;
      slot = of;
      chunk = buckets.chunks[slot] ?? noValues;
      counted = buckets.counts[slot] ?? noValues;
      length = buckets.lengths[slot] ?? 0;
    }
    const value = end - begin;
    if (value < counted.length) {
      counted[value] = (counted[value] ?? 0) + 1;
      continue;
    }
    if (length === chunk.length) {
      chunk = nextChunk(buckets, slot);
      counted = buckets.counts[slot] ?? noValues;
      length = 0;
    }
    chunk[length] = value;
    length++;
  }
  if (slot >= 0) buckets.lengths[slot] = length;
}

function addRepeats(
  { count, job, period, weight, isNew, isMain }: Entries,
  counts: Uint8Array,
  from: Int32Array,
  to: Int32Array,
  groups: Int32Array,
  { byGroup, byPeriod, total }: Repeats,
): void {
  for (let index = 0; index < count; index++) {
    // Most entries are the only one of their job.
    if (counts[index] !== 1 || (isNew[index] === 1 && isMain[index] === 1)) continue;
    const which = job[index] ?? 0;
    const begin = from[which] ?? noTime;
    const end = to[which] ?? noTime;
    if (begin === noTime || end < begin || weight[index] === 0) continue;
    if (isNew[index] !== 1) addToBucket(byGroup, groups[index] ?? 0, end - begin);
    if (isMain[index] !== 1) addToBucket(byPeriod, period[index] ?? 0, end - begin);
    addToBucket(total, 0, end - begin);
  }
}
