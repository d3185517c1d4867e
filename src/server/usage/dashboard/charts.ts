import { dateOfDay } from '../cluster-clock.ts';
import { type JobFilter, masksOf } from '../engine/filter.ts';
import { noGrouping } from '../engine/grouping.ts';
import type { Loaded } from '../engine/loaded.ts';
import { periodsIn, type UsageWindow } from '../engine/periods.ts';
import { createSums, type Sums } from '../engine/sums.ts';
import { groupingOf, maxSeries } from './colour-grouping.ts';
import { activityHistogram, byState, jobsByUser, largest, periodHistogram } from './distributions.ts';
import { histogramOf, meanOf, medianOf, type Pie, pieOf } from './histogram.ts';
import { nodeCharts } from './node-charts.ts';
import type { FilterRequest } from './request.ts';
import { seriesOf, sumOf } from './series.ts';
import { scanSubmitted } from './submitted.ts';
import { durationCharts, overall, waitingCharts } from './timing-charts.ts';

/**
 * The windows of the charts: of submission, and of usage, which can go on after the last submission; and the days that
 * the request asks for.
 */
export type ChartWindows = { readonly submitted: UsageWindow; readonly ran: UsageWindow; readonly days: number };

/** Bins of the histograms of hours. */
const hourBins = 20;

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
  const used = createSums(grouping ?? noGrouping(), [loaded], periods.ran, ['cpu_hours', 'gpu_hours']);
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

function shownPeriod(kind: FilterRequest['period'], day: number): string | number {
  const date = dateOfDay(day);
  if (kind === 'day') return `${date}T00:00:00`;
  if (kind === 'week') return date;
  return kind === 'month' ? date.slice(0, 7) : Number(date.slice(0, 4));
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
