import type { Ids } from '../segments/segment.ts';
import type { Entries } from './entries.ts';
import type { Masks } from './filter.ts';
import type { Grouping } from './grouping.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import type { Loaded } from './loaded.ts';
import { createNumberSet } from './number-set.ts';
import type { Periods } from './periods.ts';
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

/** The sums of a group in a period. Total jobs are the new ones: a job that ran in several periods is new in one. */
const fields = 5;
const jobsField = 0;
const newJobsField = 1;
const cpuField = 2;
const gpuField = 3;
const nodeField = 4;

/**
 * Adds up entries, tallies or cells.
 * @param countsUsers false if no user needs to be counted, which takes half the time
 */
export function createSums(grouping: Grouping, clusters: readonly Loaded[], periods: Periods, countsUsers = true) {
  const periodCount = periods.list.length;
  const stride = periodCount * fields;
  let sums = new Float64Array(Math.max(1, stride));
  const users = createKeySet();
  const userNumbers = new Map<string | null, number>();
  const userTables = clusters.map(({ names }) => new Int32Array(names.length).fill(-1));
  const tallies = createTallies();
  let groups = new Int32Array(0);

  function reserve(count: number): void {
    if (groups.length < count) groups = new Int32Array(count);
  }
  function growTo(groupCount: number): void {
    if (sums.length >= groupCount * stride) return;
    const larger = new Float64Array(Math.max(groupCount * stride, 2 * sums.length));
    larger.set(sums);
    sums = larger;
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

  /** Adds the rows of a tally to the groups that `groups` has for them. */
  function add(tally: Tally): void {
    growTo(grouping.labels.length + 1);
    addRows(tally, groups, sums, stride);
    if (!countsUsers) return;
    users.reserve(grouping.labels.length * periodCount * maxUsers);
    const { user } = tally.segment.cells.combinations;
    noteUsers(tally, user, numbersOf(tally.clusterIndex, user), groups, periodCount, maxUsers, users);
  }
  function addTally(tally: Tally): void {
    reserve(tally.count);
    grouping.ofTally?.(tally, groups);
    add(tally);
  }

  return {
    /** Adds a tally. The grouping must be one of tallies. */
    addTally,
    addEntries(entries: Entries): void {
      if (grouping.ofTally) addTally(tallies.ofEntries(entries));
      else {
        reserve(entries.count);
        grouping.ofEntries(entries, groups);
        add(tallies.ofEach(entries));
      }
    },
    /** Adds the cells of a cluster. */
    addCells(clusterIndex: number, masks: Masks): void {
      for (const segment of clusters[clusterIndex]?.segments ?? []) {
        addTally(tallies.ofCells(clusterIndex, segment, masks, periods));
      }
    },
    finish(): Sums {
      const groupCount = stride === 0 ? 1 : Math.floor(sums.length / stride);
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
        const at = group * stride + period * fields;
        return {
          jobs: sums[at + jobsField] ?? 0,
          newJobs: sums[at + newJobsField] ?? 0,
          cpuSeconds: sums[at + cpuField] ?? 0,
          gpuSeconds: sums[at + gpuField] ?? 0,
          nodeSeconds: sums[at + nodeField] ?? 0,
          users: counts[group * periodCount + period] ?? 0,
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

function addRows(
  { count, period, jobs, newJobs, cpuSeconds, gpuSeconds, nodeSeconds }: Tally,
  groups: Int32Array,
  sums: Float64Array,
  stride: number,
): void {
  for (let row = 0; row < count; row++) {
    const at = (groups[row] ?? 0) * stride + (period[row] ?? 0) * fields;
    sums[at + jobsField] = (sums[at + jobsField] ?? 0) + (jobs[row] ?? 0);
    sums[at + newJobsField] = (sums[at + newJobsField] ?? 0) + (newJobs[row] ?? 0);
    sums[at + cpuField] = (sums[at + cpuField] ?? 0) + (cpuSeconds[row] ?? 0);
    sums[at + gpuField] = (sums[at + gpuField] ?? 0) + (gpuSeconds[row] ?? 0);
    sums[at + nodeField] = (sums[at + nodeField] ?? 0) + (nodeSeconds[row] ?? 0);
  }
}

function noteUsers(
  { count, combination, period }: Tally,
  user: Ids,
  numbers: Int32Array,
  groups: Int32Array,
  periodCount: number,
  maxUsers: number,
  users: KeySet,
): void {
  for (let row = 0; row < count; row++) {
    const number = numbers[user[combination[row] ?? 0] ?? 0] ?? 0;
    users.add(((groups[row] ?? 0) * periodCount + (period[row] ?? 0)) * maxUsers + number);
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
