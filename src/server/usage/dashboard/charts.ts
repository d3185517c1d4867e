import { dateOfDay } from '../cluster-clock.ts';
import { type JobFilter, type Masks, masksOf } from '../engine/filter.ts';
import { type Grouping, groupingBy, noGrouping } from '../engine/grouping.ts';
import type { Loaded } from '../engine/loaded.ts';
import { type Periods, periodsIn, type UsageWindow, wholeWindow } from '../engine/periods.ts';
import { scanJobs } from '../engine/scan.ts';
import { createSums, type Sums } from '../engine/sums.ts';
import { createTallies } from '../engine/tally.ts';
import { createTimings } from '../engine/timings.ts';
import { createActivePeriods, createMainGroups, createNameCounts, createValueCounts } from './counts.ts';
import { histogramOf, meanOf, medianOf, type Pie, pieOf } from './histogram.ts';
import { nodeUsage } from './node-usage.ts';
import { colours, type FilterRequest } from './request.ts';
import { durationCharts, overall, waitingCharts } from './timing-charts.ts';

/**
 * The windows of the charts: of submission, and of usage, which can go on after the last submission; and the days that
 * the request asks for.
 */
export type ChartWindows = { readonly submitted: UsageWindow; readonly ran: UsageWindow; readonly days: number };

/**
 * Series that one chart shows by name; others become one. The original has no limit: a year by day and user of a large
 * site is an answer of 100 MB.
 */
const maxSeries = 500;
/** Bins of the histograms of hours. */
const hourBins = 20;
/** The most numbers in a chart of nodes by group. */
const maxNodeCells = 500_000;

const others = 'Others';

const basis = {
  submitted: 'summary, users, jobs, timing and allocated resources: jobs that were submitted in the window',
  ran: 'CPU and GPU hours over time, their distributions, and nodes: hours that were used in the window',
} as const;

/** Returns the filter of a request. */
export function filterOf({ partitions, accounts, users, qos, states }: FilterRequest): JobFilter {
  return { partition: partitions, account: accounts, user: users, qos, state: states, accountsBelow: null };
}

/** Returns every chart of the original page. Its keys and shapes are those of slurm-usage-history. */
export function chartsOf(request: FilterRequest, loaded: Loaded, windows: ChartWindows): Record<string, unknown> {
  const masks = masksOf(filterOf(request), loaded);
  const periods = {
    submitted: periodsIn(request.period, windows.submitted),
    ran: periodsIn(request.period, windows.ran),
  };
  const names = (ids: ReadonlyMap<number, number>): Map<string, number> =>
    new Map([...ids].map(([id, value]) => [loaded.names[id] ?? 'none', value]));
  const grouping = groupingOf(request, loaded, masks, windows.ran, maxSeries);
  const found = scanSubmitted(loaded, masks, periods.submitted, grouping);
  const used = createSums(grouping ?? noGrouping(), [loaded], periods.ran, false);
  used.addCells(0, masks);
  const usage = used.finish();
  const { summary, byColour, wait, duration } = found;
  const x = periods.submitted.list.map(({ from }) => shownPeriod(request.period, from));
  const xRan = periods.ran.list.map(({ from }) => shownPeriod(request.period, from));
  const labels = grouping?.labels.map((label) => label ?? 'none') ?? null;
  const activePeriods = names(found.activePeriods);
  const periodUsers = summary.all.periods.map(({ users }) => users);
  const periodJobs = summary.all.periods.map(({ jobs }) => jobs);
  const total = summary.all.total;
  const pieBy = (value: (group: number) => number, noun = ''): Pie =>
    pieOf(new Map((labels ?? []).map((label, group) => [label, value(group)])), noun);
  const hours = (field: 'cpuSeconds' | 'gpuSeconds') => {
    if (labels !== null) return pieBy((group) => (usage.groups[group]?.total[field] ?? 0) / 3600);
    const values = usage.all.periods.map((amounts) => amounts[field] / 3600);
    const { x: centres, y } = histogramOf(values, hourBins);
    return { type: 'histogram', x: centres, y, mean: meanOf(values), median: medianOf(values) };
  };
  const overTime = (sums: Sums, at: readonly (string | number)[], value: (amounts: Sums['all']['total']) => number) =>
    labels === null
      ? { x: at, y: sums.all.periods.map(value) }
      : {
          x: at,
          series: seriesOf(labels, (group) => sums.groups[group]?.periods.map(value) ?? [], at.length),
        };
  return {
    summary: {
      total_jobs: total.jobs,
      total_cpu_hours: total.cpuSeconds / 3600,
      total_gpu_hours: total.gpuSeconds / 3600,
      total_users: total.users,
    },
    cpu_usage_over_time: overTime(usage, xRan, ({ cpuSeconds }) => cpuSeconds / 3600),
    gpu_usage_over_time: overTime(usage, xRan, ({ gpuSeconds }) => gpuSeconds / 3600),
    active_users_over_time:
      labels === null
        ? { x, y: periodUsers }
        : { x, series: seriesOf(labels, (group) => found.mainGroups.get(group) ?? [], x.length) },
    jobs_over_time: overTime(byColour, x, ({ jobs }) => jobs),
    user_activity_frequency: {
      ...(labels === null || request.colour === 'State'
        ? activityHistogram([...activePeriods.values()], x.length)
        : request.colour === 'User'
          ? pieOf(activePeriods, ' users')
          : pieBy(
              (group) => sumOf(byColour.groups[group]?.periods.map(({ users }) => users) ?? []),
              ` ${request.colour?.toLowerCase()}s`,
            )),
      total_periods: x.length,
      total_users: total.users,
      period_label: `${request.period}s`,
    },
    active_users_distribution: usersDistribution(
      request,
      periodUsers,
      activePeriods,
      (value) => pieBy(value),
      byColour,
    ),
    jobs_distribution:
      labels === null ? periodHistogram(periodJobs) : pieBy((group) => byColour.groups[group]?.total.jobs ?? 0),
    jobs_by_account:
      labels === null ? jobsByUser(found.jobsOfUsers) : pieBy((group) => byColour.groups[group]?.total.jobs ?? 0),
    jobs_by_partition: largest(loaded, found.jobsOfPartitions, 10),
    jobs_by_state: byState(loaded, found.jobsOfStates),
    ...waitingCharts(x, wait),
    ...durationCharts(x, duration),
    stats_overall: { waiting_time: overall(wait), job_duration: overall(duration) },
    cpus_per_job: found.cpus,
    gpus_per_job: found.gpus,
    nodes_per_job: found.nodes,
    cpu_hours_by_account: hours('cpuSeconds'),
    gpu_hours_by_account: hours('gpuSeconds'),
    ...nodeCharts(request, loaded, masks, windows),
    periods: periods.submitted.list.map(({ isPartial }, index) => ({ x: x[index], partial: isPartial })),
    basis,
  };
}

/** Returns the grouping of a colour, in which all groups but those with the most CPU hours are one if there are too many. */
function groupingOf(
  { colour, levels }: FilterRequest,
  loaded: Loaded,
  masks: Masks,
  window: UsageWindow,
  most: number,
): Grouping | null {
  if (colour === null) return null;
  const dimension = colours[colour];
  if (loaded.names.length <= most) return groupingBy(dimension, [loaded], levels);
  const all = groupingBy(dimension, [loaded], levels);
  const sums = createSums(all, [loaded], wholeWindow(window), false);
  sums.addCells(0, masks);
  const { groups } = sums.finish();
  if (all.labels.length <= most) return groupingBy(dimension, [loaded], levels);
  const ranks = all.labels
    .map((label, group) => ({ label, seconds: groups[group]?.total.cpuSeconds ?? 0 }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, most);
  const kept = groupingBy(
    dimension,
    [loaded],
    levels,
    ranks.map(({ label }) => label),
  );
  return { ...kept, labels: [...kept.labels, others] };
}

function scanSubmitted(loaded: Loaded, masks: Masks, periods: Periods, grouping: Grouping | null) {
  const nameCount = loaded.names.length;
  const summary = createSums(noGrouping(), [loaded], periods);
  const byColour = grouping && createSums(grouping, [loaded], periods);
  const mainGroups = createMainGroups(periods.list.length, nameCount);
  const activePeriods = createActivePeriods(periods.list.length, nameCount);
  const jobCount = loaded.segments.reduce((sum, segment) => sum + segment.jobCount, 0);
  const wait = createTimings('wait', noGrouping(), periods, false, jobCount);
  const duration = createTimings('duration', noGrouping(), periods, false, jobCount);
  const jobsOfUsers = createNameCounts('user', nameCount);
  const jobsOfPartitions = createNameCounts('partition', nameCount);
  const jobsOfStates = createNameCounts('state', nameCount);
  const [cpus, gpus, nodes] = [
    createValueCounts('cpus', 0),
    createValueCounts('gpus', 1),
    createValueCounts('nodes', 1),
  ];
  const tallies = createTallies();
  const ofEntries = [wait, duration, cpus, gpus, nodes];
  const ofTally = [
    summary,
    activePeriods,
    jobsOfUsers,
    jobsOfPartitions,
    jobsOfStates,
    ...(byColour ? [byColour] : []),
  ];
  let groups = new Int32Array(0);
  const scan = {
    clusters: [loaded],
    masks: [masks],
    axis: 'submitted',
    periods,
    isByNode: false,
    sizes: null,
    nodes: null,
    software: null,
  } as const;
  scanJobs(scan, (entries) => {
    for (const collector of ofEntries) collector.addEntries(entries);
    const tally = tallies.ofEntries(entries);
    for (const collector of ofTally) collector.addTally(tally);
    if (grouping === null) return;
    if (groups.length < tally.count) groups = new Int32Array(tally.count);
    grouping.ofTally?.(tally, groups);
    mainGroups.addTally(tally, groups);
  });
  const sums = summary.finish();
  return {
    summary: sums,
    byColour: byColour?.finish() ?? sums,
    mainGroups: mainGroups.finish(),
    activePeriods: activePeriods.finish(),
    wait: wait.finish(),
    duration: duration.finish(),
    jobsOfUsers: jobsOfUsers.counts.filter((count) => count > 0),
    jobsOfPartitions: jobsOfPartitions.counts,
    jobsOfStates: jobsOfStates.counts,
    cpus: cpus.finish(),
    gpus: gpus.finish(),
    nodes: nodes.finish(),
  };
}

function shownPeriod(kind: FilterRequest['period'], day: number): string | number {
  const date = dateOfDay(day);
  if (kind === 'day') return `${date}T00:00:00`;
  if (kind === 'week') return date;
  return kind === 'month' ? date.slice(0, 7) : Number(date.slice(0, 4));
}

/** Returns the series of groups, the one with the largest total first. Groups without anything are left out. */
function seriesOf(labels: readonly string[], data: (group: number) => readonly number[], length: number) {
  return labels
    .map((name, group) => {
      const values = data(group);
      return { name, data: Array.from({ length }, (_, index) => values[index] ?? 0), total: sumOf(values) };
    })
    .filter(({ total }) => total > 0)
    .sort((a, b) => Number(a.name === others) - Number(b.name === others) || b.total - a.total)
    .map(({ name, data: values }) => ({ name, data: values }));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Returns how many users were active in 1, 2, … periods: one bin each of up to 10 periods, then bins of 5, above 30 of 10. */
function activityHistogram(counts: readonly number[], periodCount: number) {
  const width = periodCount <= 10 ? 1 : periodCount <= 30 ? 5 : 10;
  const most = counts.reduce((greatest, count) => Math.max(greatest, count), 0);
  const x: string[] = [];
  const y: number[] = [];
  for (let first = 1; first <= most; first += width) {
    const last = first + width - 1;
    x.push(width === 1 ? String(first) : `${first}-${Math.min(last, most)}`);
    y.push(counts.filter((count) => count >= first && count <= last).length);
  }
  return { type: 'histogram', x, y, average: meanOf(counts), median: medianOf(counts) };
}

function periodHistogram(values: readonly number[]) {
  const { x, y } = histogramOf(values, Math.max(5, Math.min(20, values.length)));
  return { type: 'histogram', x, y, average: meanOf(values), median: medianOf(values) };
}

function usersDistribution(
  { colour }: FilterRequest,
  periodUsers: readonly number[],
  activePeriods: ReadonlyMap<string, number>,
  pieBy: (value: (group: number) => number) => Pie,
  byColour: Sums,
) {
  if (colour === 'User') return pieOf(activePeriods);
  return colour === 'Account'
    ? pieBy((group) => byColour.groups[group]?.total.users ?? 0)
    : periodHistogram(periodUsers);
}

function jobsByUser(counts: Float64Array) {
  const values = [...counts];
  const { x, y, edges } = histogramOf(values, Math.max(10, Math.min(30, Math.floor(values.length / 10))));
  const bin_labels = x.map((_, index) => `${Math.trunc(edges[index] ?? 0)}-${Math.trunc(edges[index + 1] ?? 0)}`);
  return { x, y, mean: meanOf(values), median: medianOf(values), bin_labels };
}

function ranked({ names }: Loaded, counts: Float64Array): (readonly [string, number])[] {
  const pairs = [...counts].map((count, id) => [names[id] ?? 'none', count] as const);
  return pairs.filter(([, count]) => count > 0).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

function largest(loaded: Loaded, counts: Float64Array, most: number) {
  const pairs = ranked(loaded, counts).slice(0, most);
  return { x: pairs.map(([name]) => name), y: pairs.map(([, count]) => count) };
}

function byState(loaded: Loaded, counts: Float64Array) {
  const pairs = ranked(loaded, counts);
  return { labels: pairs.map(([name]) => name), values: pairs.map(([, count]) => count) };
}

function nodeCharts(request: FilterRequest, loaded: Loaded, masks: Masks, { ran: window, days }: ChartWindows) {
  const all = nodeUsage(loaded, masks, window, noGrouping());
  const x = all.nodes.map((id) => loaded.names[id] ?? '');
  // The cores of nodes are not known. A node has at least the most CPUs that one job had on it.
  const hardware = x.map((name, index) => [
    name,
    { cpu_cores: all.mostCpus[index] ?? 0, gpu_count: all.mostGpus[index] ?? 0, known_hardware: false },
  ]);
  const rest = {
    normalized: false,
    hardware_config: Object.fromEntries(hardware),
    total_hours: 24 * days,
    jobs_without_nodes: all.jobsWithoutNodes,
  };
  const sumsOf = (hours: readonly (readonly number[])[]) => hours[0] ?? [];
  if (request.colour === null) {
    return {
      node_cpu_usage: { x, y: sumsOf(all.cpuHours), ...rest },
      node_gpu_usage: { x, y: sumsOf(all.gpuHours), ...rest },
    };
  }
  const most = Math.min(maxSeries, Math.floor(maxNodeCells / Math.max(1, x.length)));
  const grouping = groupingOf(request, loaded, masks, window, most) ?? noGrouping();
  const coloured = nodeUsage(loaded, masks, window, grouping);
  const labels = grouping.labels.map((label) => label ?? 'none');
  const series = (hours: readonly (readonly number[])[]) => seriesOf(labels, (group) => hours[group] ?? [], x.length);
  return {
    node_cpu_usage: { x, series: series(coloured.cpuHours), ...rest },
    node_gpu_usage: { x, series: series(coloured.gpuHours), ...rest },
  };
}
