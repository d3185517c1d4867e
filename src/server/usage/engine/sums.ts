import { type Ids, isEmptyCell } from '../segments/segment.ts';
import { type Masks, selectRows } from './filter.ts';
import type { Grouping } from './grouping.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import type { Loaded, Segment } from './loaded.ts';
import { createNumberSet } from './number-set.ts';
import type { Periods, UsageWindow } from './periods.ts';
import { cpuSecondsOf, durationOf, type Entries, gpuSecondsOf } from './scan.ts';

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

/** Adds up entries or cells. */
export function createSums(grouping: Grouping, clusters: readonly Loaded[], periods: Periods) {
  const periodCount = periods.list.length;
  const stride = periodCount * fields;
  let sums = new Float64Array(Math.max(1, stride));
  const users = createKeySet();
  const userNumbers = new Map<string | null, number>();
  const userTables = clusters.map(({ names }) => new Int32Array(names.length).fill(-1));
  let groups = new Int32Array(0);
  let rows = new Int32Array(0);

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

  return {
    addEntries(entries: Entries): void {
      reserve(entries.count);
      grouping.ofEntries(entries, groups);
      growTo(grouping.labels.length + 1);
      addJobs(entries, groups, sums, stride);
      addHours(entries, groups, sums, stride);
      users.reserve(grouping.labels.length * periodCount * maxUsers);
      noteUsers(entries, groups, numbersOf(entries.clusterIndex, entries.jobs.user), periodCount, maxUsers, users);
    },
    /** Adds the cells of a segment. */
    addCells(clusterIndex: number, masks: Masks): void {
      for (const segment of clusters[clusterIndex]?.segments ?? []) {
        const { cells } = segment;
        reserve(cells.count);
        if (rows.length < cells.count) rows = new Int32Array(cells.count);
        const count = keepInWindow(segment, periods.window, rows, selectRows(cells, masks, rows));
        grouping.ofCells?.({ clusterIndex, segment, rows, count }, groups);
        growTo(grouping.labels.length + 1);
        users.reserve(grouping.labels.length * periodCount * maxUsers);
        const some = { segment, rows, groups, count };
        addCellSums(some, periods, sums, stride);
        noteCellUsers(some, periods, numbersOf(clusterIndex, cells.user), maxUsers, users);
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

function keepInWindow({ cells, day }: Segment, { from, until }: UsageWindow, rows: Int32Array, count: number): number {
  let left = 0;
  for (let index = 0; index < count; index++) {
    const row = rows[index] ?? 0;
    const usageDay = (cells.day[row] ?? 0) + day;
    if (usageDay < from || usageDay >= until || isEmptyCell(cells, row)) continue;
    rows[left] = row;
    left++;
  }
  return left;
}

/** Cells of a segment: the first `count` of `rows`, and their groups. */
type GroupedCells = {
  readonly segment: Segment;
  readonly rows: Int32Array;
  readonly groups: Int32Array;
  readonly count: number;
};

function addCellSums(
  { segment, rows, groups, count }: GroupedCells,
  { window, indexOfDay, list }: Periods,
  sums: Float64Array,
  stride: number,
): void {
  const { day, ran, began, cpuSeconds, gpuSeconds, nodeSeconds } = segment.cells;
  for (let index = 0; index < count; index++) {
    const row = rows[index] ?? 0;
    const usageDay = (day[row] ?? 0) + segment.day;
    const period = indexOfDay[usageDay - window.from] ?? 0;
    const at = (groups[index] ?? 0) * stride + period * fields;
    // Jobs that ran before the first day of a period are new to it on this day.
    const isFirstDay = usageDay === Math.max(list[period]?.from ?? 0, window.from);
    const jobs = (isFirstDay ? ran[row] : began[row]) ?? 0;
    const newJobs = (usageDay === window.from ? ran[row] : began[row]) ?? 0;
    sums[at + jobsField] = (sums[at + jobsField] ?? 0) + jobs;
    sums[at + newJobsField] = (sums[at + newJobsField] ?? 0) + newJobs;
    sums[at + cpuField] = (sums[at + cpuField] ?? 0) + (cpuSeconds[row] ?? 0);
    sums[at + gpuField] = (sums[at + gpuField] ?? 0) + (gpuSeconds[row] ?? 0);
    sums[at + nodeField] = (sums[at + nodeField] ?? 0) + (nodeSeconds[row] ?? 0);
  }
}

function noteCellUsers(
  { segment, rows, groups, count }: GroupedCells,
  { window, indexOfDay, list }: Periods,
  numbers: Int32Array,
  maxUsers: number,
  users: KeySet,
): void {
  const { day, user } = segment.cells;
  for (let index = 0; index < count; index++) {
    const row = rows[index] ?? 0;
    const period = indexOfDay[(day[row] ?? 0) + segment.day - window.from] ?? 0;
    users.add(((groups[index] ?? 0) * list.length + period) * maxUsers + (numbers[user[row] ?? 0] ?? 0));
  }
}

function noteUsers(
  { jobs, job, period, count }: Entries,
  groups: Int32Array,
  numbers: Int32Array,
  periodCount: number,
  maxUsers: number,
  users: KeySet,
): void {
  const { user } = jobs;
  for (let index = 0; index < count; index++) {
    const number = numbers[user[job[index] ?? 0] ?? 0] ?? 0;
    users.add(((groups[index] ?? 0) * periodCount + (period[index] ?? 0)) * maxUsers + number);
  }
}

function addJobs(
  { count, period, weight, isNew }: Entries,
  groups: Int32Array,
  sums: Float64Array,
  stride: number,
): void {
  for (let index = 0; index < count; index++) {
    const at = (groups[index] ?? 0) * stride + (period[index] ?? 0) * fields;
    const jobs = weight[index] ?? 0;
    sums[at + jobsField] = (sums[at + jobsField] ?? 0) + jobs;
    sums[at + newJobsField] = (sums[at + newJobsField] ?? 0) + jobs * (isNew[index] ?? 0);
  }
}

function addHours(
  { jobs, count, job, period, share }: Entries,
  groups: Int32Array,
  sums: Float64Array,
  stride: number,
): void {
  for (let index = 0; index < count; index++) {
    const at = (groups[index] ?? 0) * stride + (period[index] ?? 0) * fields;
    const which = job[index] ?? 0;
    const part = share[index] ?? 0;
    const nodeSeconds = (jobs.nodes[which] ?? 0) * durationOf(jobs, which);
    sums[at + cpuField] = (sums[at + cpuField] ?? 0) + cpuSecondsOf(jobs, which) * part;
    sums[at + gpuField] = (sums[at + gpuField] ?? 0) + gpuSecondsOf(jobs, which) * part;
    sums[at + nodeField] = (sums[at + nodeField] ?? 0) + nodeSeconds * part;
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
