import type { Ids } from '../segments/segment.ts';
import type { Entries } from './entries.ts';
import type { Masks } from './filter.ts';
import type { Grouping } from './grouping.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import { type Loaded, segmentsIn } from './loaded.ts';
import type { Measure } from './measures.ts';
import { createNumberSet } from './number-set.ts';
import type { Periods } from './periods.ts';
import { rowsOf } from './rows.ts';
import { addEntries, moreRows, type SumColumns, sumColumns } from './sum-columns.ts';
import { createTallies, type Tally } from './tally.ts';

/** What is added up: numbers of jobs, and seconds. */
export type Amounts = {
  readonly jobs: number;
  readonly cpuSeconds: number;
  readonly gpuSeconds: number;
  readonly nodeSeconds: number;
  /** Different users. One name on several clusters is one user. */
  readonly users: number;
};

/** The sums of one group. A job that ran in several periods is in each of them, and once in the total. */
export type GroupSums = { readonly total: Amounts; readonly periods: readonly Amounts[] };

/** Sums by group and period. */
export type Sums = { readonly groups: readonly GroupSums[]; readonly all: GroupSums };

/**
 * Adds up entries, tallies or cells.
 * @param measures the sums that are needed; others may be 0
 */
export function createSums(
  grouping: Grouping,
  clusters: readonly Loaded[],
  periods: Periods,
  measures: readonly Measure[],
) {
  const countsUsers = measures.includes('users');
  const periodCount = periods.list.length;
  /** The row of a group in a period is the number of the group times the number of periods, plus that of the period. */
  let sums = sumColumns(Math.max(1, periodCount));
  const users = createKeySet();
  const userNumbers = new Map<string | null, number>();
  const userTables = clusters.map(({ names }) => new Int32Array(names.length).fill(-1));
  const tallies = createTallies();
  let groups = new Int32Array(0);
  let rows = new Int32Array(0);

  function reserve(count: number): void {
    if (groups.length >= count) return;
    groups = new Int32Array(count);
    rows = new Int32Array(count);
  }
  function growTo(groupCount: number): void {
    const [has, needs] = [sums.jobs.length, groupCount * periodCount];
    if (has < needs) sums = moreRows(sums, Math.max(needs, 2 * has));
    if (countsUsers) users.reserve(groupCount * periodCount * maxUsers);
  }
  /** Returns the numbers of users by id. The same name has the same number on every cluster. */
  function numbersOf(clusterIndex: number, ids: Ids): Int32Array {
    const table = userTables[clusterIndex] ?? new Int32Array(0);
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index] ?? 0;
      if ((table[id] ?? 0) >= 0) continue;
      const name = clusters[clusterIndex]?.names[id] ?? null;
      const number = userNumbers.get(name) ?? userNumbers.size;
      userNumbers.set(name, number);
      table[id] = number;
    }
    return table;
  }
  const maxUsers = clusters.reduce((sum, { names }) => sum + names.length, 1);

  function addTally(tally: Tally): void {
    const { clusterIndex, segment, count, combination } = tally;
    // A group without jobs is none.
    if (count === 0) return;
    reserve(count);
    grouping.ofTally?.(tally, groups);
    growTo(grouping.labels.length + 1);
    const rowOf = rowsOf(groups, tally, periodCount, rows);
    addRows(tally, rowOf, sums);
    if (!countsUsers) return;
    const { user } = segment.cells.combinations;
    noteUsers(combination, count, user, numbersOf(clusterIndex, user), rowOf, maxUsers, users);
  }

  return {
    /** Adds a tally. The grouping must be one of tallies. */
    addTally,
    addEntries(entries: Entries): void {
      if (grouping.ofTally) {
        addTally(tallies.ofEntries(entries, measures));
        return;
      }
      const { clusterIndex, segment, count, job, jobs } = entries;
      reserve(count);
      grouping.ofEntries(entries, groups);
      growTo(grouping.labels.length + 1);
      const rowOf = rowsOf(groups, entries, periodCount, rows);
      addEntries(entries, rowOf, sums, measures);
      if (!countsUsers) return;
      const { user } = segment.cells.combinations;
      const combinations = job.subarray(0, count).map((which) => jobs.combination[which] ?? 0);
      noteUsers(combinations, count, user, numbersOf(clusterIndex, user), rowOf, maxUsers, users);
    },
    /** Adds the cells of a cluster. */
    addCells(clusterIndex: number, masks: Masks): void {
      const loaded = clusters[clusterIndex];
      for (const segment of loaded ? segmentsIn(loaded, periods.window) : []) {
        addTally(tallies.ofCells(clusterIndex, segment, masks, periods));
      }
    },
    finish(): Sums {
      const groupCount = periodCount === 0 ? 1 : Math.floor(sums.jobs.length / periodCount);
      const counts = new Float64Array(groupCount * periodCount);
      const totals = new Float64Array(groupCount);
      const [inGroup, inPeriod, everywhere] = [createNumberSet(), createNumberSet(), createNumberSet()];
      users.forEach((key) => {
        const user = key % maxUsers;
        const slot = Math.floor(key / maxUsers);
        counts[slot] = (counts[slot] ?? 0) + 1;
        inGroup.add(Math.floor(slot / periodCount) * maxUsers + user);
        inPeriod.add((slot % periodCount) * maxUsers + user);
        everywhere.add(user);
      });
      inGroup.forEach((key) => {
        const group = Math.floor(key / maxUsers);
        totals[group] = (totals[group] ?? 0) + 1;
      });
      const amountsAt = (group: number, period: number): Amounts & { readonly newJobs: number } => {
        const at = group * periodCount + period;
        return {
          jobs: sums.jobs[at] ?? 0,
          newJobs: sums.newJobs[at] ?? 0,
          cpuSeconds: sums.cpuSeconds[at] ?? 0,
          gpuSeconds: sums.gpuSeconds[at] ?? 0,
          nodeSeconds: sums.nodeSeconds[at] ?? 0,
          users: counts[at] ?? 0,
        };
      };
      const numbers = periods.list.map((_, period) => period);
      const groups = Array.from({ length: groupCount }, (_, group) => {
        const inPeriods = numbers.map((period) => amountsAt(group, period));
        const jobs = inPeriods.reduce((sum, { newJobs }) => sum + newJobs, 0);
        return { total: { ...added(inPeriods), jobs, users: totals[group] ?? 0 }, periods: inPeriods };
      });
      const usersIn = numbers.map(() => 0);
      inPeriod.forEach((key) => {
        const period = Math.floor(key / maxUsers);
        usersIn[period] = (usersIn[period] ?? 0) + 1;
      });
      let allUsers = 0;
      everywhere.forEach(() => {
        allUsers += 1;
      });
      return {
        groups,
        all: {
          total: { ...added(groups.map(({ total }) => total)), users: allUsers },
          periods: numbers.map((period) => ({
            ...added(groups.flatMap((group) => group.periods[period] ?? [])),
            users: usersIn[period] ?? 0,
          })),
        },
      };
    },
  };
}

function addRows(from: Tally, rows: Int32Array, to: SumColumns): void {
  for (let row = 0; row < from.count; row++) {
    const at = rows[row] ?? 0;
    to.jobs[at] = (to.jobs[at] ?? 0) + (from.jobs[row] ?? 0);
    to.newJobs[at] = (to.newJobs[at] ?? 0) + (from.newJobs[row] ?? 0);
    to.cpuSeconds[at] = (to.cpuSeconds[at] ?? 0) + (from.cpuSeconds[row] ?? 0);
    to.gpuSeconds[at] = (to.gpuSeconds[at] ?? 0) + (from.gpuSeconds[row] ?? 0);
    to.nodeSeconds[at] = (to.nodeSeconds[at] ?? 0) + (from.nodeSeconds[row] ?? 0);
  }
}

function noteUsers(
  combination: Int32Array,
  count: number,
  user: Ids,
  numbers: Int32Array,
  rows: Int32Array,
  maxUsers: number,
  users: KeySet,
): void {
  for (let index = 0; index < count; index++) {
    const number = numbers[user[combination[index] ?? 0] ?? 0] ?? 0;
    users.add((rows[index] ?? 0) * maxUsers + number);
  }
}

function added(amounts: readonly Amounts[]): Omit<Amounts, 'users'> {
  let [jobs, cpuSeconds, gpuSeconds, nodeSeconds] = [0, 0, 0, 0];
  for (const amount of amounts) {
    jobs += amount.jobs;
    cpuSeconds += amount.cpuSeconds;
    gpuSeconds += amount.gpuSeconds;
    nodeSeconds += amount.nodeSeconds;
  }
  return { jobs, cpuSeconds, gpuSeconds, nodeSeconds };
}
