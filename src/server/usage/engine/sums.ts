import { type Ids, isEmptyCell } from '../segments/segment.ts';
import { type Masks, selectRows } from './filter.ts';
import type { Grouping } from './grouping.ts';
import type { Loaded, Segment } from './loaded.ts';
import { createNumberSet } from './number-set.ts';
import type { Periods, Window } from './periods.ts';
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

const fields = 4;
const [jobsField, cpuField, gpuField, nodeField] = [0, 1, 2, 3];

/** Adds up entries or cells. */
export function createSums(grouping: Grouping, clusters: readonly Loaded[], periods: Periods) {
  const periodCount = periods.list.length;
  // Each group has a row of sums for each period, and one for its total.
  const stride = (periodCount + 1) * fields;
  let sums = new Float64Array(stride);
  const users = createNumberSet();
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
  function userNumber(clusterIndex: number, id: number): number {
    const table = userTables[clusterIndex];
    const known = table?.[id] ?? -1;
    if (known >= 0) return known;
    const name = clusters[clusterIndex]?.names[id] ?? null;
    const number = userNumbers.get(name) ?? userNumbers.size;
    userNumbers.set(name, number);
    if (table) table[id] = number;
    return number;
  }
  const maxUsers = clusters.reduce((sum, { names }) => sum + names.length, 1);
  /** Notes the users of periods. Equal neighbours are frequent. */
  function noteUsers(clusterIndex: number, ids: Ids, rowOf: Int32Array, period: Int32Array, count: number): void {
    let last = -1;
    for (let index = 0; index < count; index++) {
      const user = userNumber(clusterIndex, ids[rowOf[index] ?? 0] ?? 0);
      const key = ((groups[index] ?? 0) * periodCount + (period[index] ?? 0)) * maxUsers + user;
      if (key !== last) users.add(key);
      last = key;
    }
  }

  return {
    addEntries(entries: Entries): void {
      reserve(entries.count);
      grouping.ofEntries(entries, groups);
      growTo(grouping.labels.length + 1);
      addJobs(entries, groups, sums, stride, periodCount);
      addHours(entries, groups, sums, stride, periodCount);
      noteUsers(entries.clusterIndex, entries.jobs.user, entries.job, entries.period, entries.count);
    },
    /** Adds the cells of a segment. */
    addCells(clusterIndex: number, masks: Masks): void {
      const { window, indexOfDay, list } = periods;
      for (const segment of clusters[clusterIndex]?.segments ?? []) {
        const { cells } = segment;
        reserve(cells.count);
        if (rows.length < cells.count) rows = new Int32Array(cells.count);
        const count = keepInWindow(segment, window, rows, selectRows(cells, masks, rows));
        grouping.ofCells?.({ clusterIndex, segment, rows, count }, groups);
        growTo(grouping.labels.length + 1);
        for (let index = 0; index < count; index++) {
          const row = rows[index] ?? 0;
          const day = (cells.day[row] ?? 0) + segment.day;
          const period = indexOfDay[day - window.from] ?? 0;
          const [ran, began] = [cells.ran[row] ?? 0, cells.began[row] ?? 0];
          const group = groups[index] ?? 0;
          const [at, total] = [group * stride + period * fields, group * stride + periodCount * fields];
          // Jobs that ran before the first day of a period are new to it on this day.
          const isFirstDay = day === Math.max(list[period]?.from ?? 0, window.from);
          sums[at + jobsField] = (sums[at + jobsField] ?? 0) + (isFirstDay ? ran : began);
          sums[total + jobsField] = (sums[total + jobsField] ?? 0) + (day === window.from ? ran : began);
          addTo(sums, at, total, cpuField, cells.cpuSeconds[row] ?? 0);
          addTo(sums, at, total, gpuField, cells.gpuSeconds[row] ?? 0);
          addTo(sums, at, total, nodeField, cells.nodeSeconds[row] ?? 0);
          const user = userNumber(clusterIndex, cells.user[row] ?? 0);
          users.add((group * periodCount + period) * maxUsers + user);
        }
      }
    },
    finish(): Sums {
      const groupCount = sums.length / stride;
      const counts = new Float64Array(groupCount * (periodCount + 1));
      const [inGroup, inPeriod, everywhere] = [createNumberSet(), createNumberSet(), createNumberSet()];
      users.forEach((key) => {
        const user = key % maxUsers;
        const slot = Math.floor(key / maxUsers);
        const [group, period] = [Math.floor(slot / periodCount), slot % periodCount];
        const at = group * (periodCount + 1) + period;
        counts[at] = (counts[at] ?? 0) + 1;
        inGroup.add(group * maxUsers + user);
        inPeriod.add(period * maxUsers + user);
        everywhere.add(user);
      });
      inGroup.forEach((key) => {
        const at = Math.floor(key / maxUsers) * (periodCount + 1) + periodCount;
        counts[at] = (counts[at] ?? 0) + 1;
      });
      const amountsAt = (group: number, period: number): Amounts => {
        const at = group * stride + period * fields;
        return {
          jobs: sums[at + jobsField] ?? 0,
          cpuSeconds: sums[at + cpuField] ?? 0,
          gpuSeconds: sums[at + gpuField] ?? 0,
          nodeSeconds: sums[at + nodeField] ?? 0,
          users: counts[group * (periodCount + 1) + period] ?? 0,
        };
      };
      const numbers = periods.list.map((_, period) => period);
      const groups = Array.from({ length: Math.floor(groupCount) }, (_, group) => ({
        total: amountsAt(group, periodCount),
        periods: numbers.map((period) => amountsAt(group, period)),
      }));
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

function keepInWindow({ cells, day }: Segment, { from, until }: Window, rows: Int32Array, count: number): number {
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

function addTo(sums: Float64Array, at: number, total: number, field: number, value: number): void {
  sums[at + field] = (sums[at + field] ?? 0) + value;
  sums[total + field] = (sums[total + field] ?? 0) + value;
}

function addJobs(entries: Entries, groups: Int32Array, sums: Float64Array, stride: number, periodCount: number): void {
  const { count, period, weight, isNew } = entries;
  for (let index = 0; index < count; index++) {
    const row = (groups[index] ?? 0) * stride;
    const at = row + (period[index] ?? 0) * fields + jobsField;
    const total = row + periodCount * fields + jobsField;
    const jobs = weight[index] ?? 0;
    sums[at] = (sums[at] ?? 0) + jobs;
    sums[total] = (sums[total] ?? 0) + jobs * (isNew[index] ?? 0);
  }
}

function addHours(entries: Entries, groups: Int32Array, sums: Float64Array, stride: number, periodCount: number): void {
  const { jobs, count, job, period, share } = entries;
  for (let index = 0; index < count; index++) {
    const row = (groups[index] ?? 0) * stride;
    const at = row + (period[index] ?? 0) * fields;
    const total = row + periodCount * fields;
    const which = job[index] ?? 0;
    const part = share[index] ?? 0;
    addTo(sums, at, total, cpuField, cpuSecondsOf(jobs, which) * part);
    addTo(sums, at, total, gpuField, gpuSecondsOf(jobs, which) * part);
    addTo(sums, at, total, nodeField, (jobs.nodes[which] ?? 0) * durationOf(jobs, which) * part);
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
