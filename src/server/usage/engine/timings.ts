import { type Jobs, noTime } from '../segments/segment.ts';
import { addToBucket, type Buckets, createBuckets, listsOf, nextChunk, noValues, reserveSlots } from './buckets.ts';
import type { Entries } from './entries.ts';
import type { Grouping } from './grouping.ts';
import type { Periods } from './periods.ts';
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
 * @param isDivided whether a job can have several entries
 * @param isByNode whether each node is a group: a job has its time in the group of each of its nodes
 */
export function createTimings(
  kind: TimingKind,
  grouping: Grouping,
  periods: Periods,
  isDivided: boolean,
  isByNode = false,
) {
  const periodCount = periods.list.length;
  const parts = createBuckets();
  const repeats: Repeats | null = isDivided
    ? { byGroup: createBuckets(), byPeriod: createBuckets(), total: createBuckets() }
    : null;

  return {
    /** @param groups the group of each entry */
    addEntries(entries: Entries, groups: Int32Array): void {
      const groupCount = grouping.labels.length + 1;
      reserveSlots(parts, groupCount * periodCount);
      const [from, to] = kind === 'wait' ? ends(entries.jobs, 'submit', 'start') : ends(entries.jobs, 'start', 'end');
      const counts = isByNode ? firstInGroup(entries, groups, groupCount) : entries.isMain;
      addParts(entries, counts, from, to, groups, periodCount, parts);
      if (repeats === null) return;
      reserveSlots(repeats.byGroup, groupCount);
      reserveSlots(repeats.byPeriod, periodCount);
      reserveSlots(repeats.total, 1);
      addRepeats(entries, counts, from, to, groups, repeats);
    },
    finish(): Timings {
      const groupCount = grouping.labels.length + 1;
      const numbers = periods.list.map((_, period) => period);
      const lists = listsOf(parts, groupCount * periodCount);
      const byGroup = repeats && listsOf(repeats.byGroup, groupCount);
      const byPeriod = repeats && listsOf(repeats.byPeriod, periodCount);
      const total = repeats && listsOf(repeats.total, 1);
      const ofGroup = (group: number) => lists.slice(group * periodCount, (group + 1) * periodCount);
      return {
        groups: Array.from({ length: groupCount }, (_, group) => ({
          total: { lists: joined(ofGroup(group).flat()), repeats: joined(byGroup?.[group] ?? []) },
          periods: ofGroup(group).map((ofPeriod) => ({ lists: joined(ofPeriod), repeats: [] })),
        })),
        all: {
          total: { lists: joined(lists.flat()), repeats: joined(total?.[0] ?? []) },
          periods: numbers.map((period) => ({
            lists: joined(lists.filter((_, slot) => slot % periodCount === period).flat()),
            repeats: joined(byPeriod?.[period] ?? []),
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
  let length = 0;
  let [chunk, counted]: [Uint32Array, Uint32Array] = [noValues, noValues];
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
      chunk = parts.chunks[slot] ?? noValues;
      counted = parts.counts[slot] ?? noValues;
      length = parts.lengths[slot] ?? 0;
    }
    const value = end - begin;
    if (value < counted.length) {
      counted[value] = (counted[value] ?? 0) + 1;
      continue;
    }
    if (length === chunk.length) {
      chunk = nextChunk(parts, slot);
      counted = parts.counts[slot] ?? noValues;
      length = 0;
    }
    chunk[length] = value;
    length++;
  }
  if (slot >= 0) parts.lengths[slot] = length;
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
