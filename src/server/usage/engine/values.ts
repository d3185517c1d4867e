import type { Found } from './collect.ts';
import type { Efficiency } from './efficiency.ts';
import type { Measure } from './measures.ts';
import type { Periods } from './periods.ts';
import type { Question } from './question.ts';
import { countBetween, countOf, mean, noJobs, quantile, type Timing } from './statistics.ts';
import type { Amounts } from './sums.ts';
import type { TimingKind } from './timings.ts';

/** Statistics of waiting times or durations, in hours. Quantiles interpolate between neighbours. */
export type TimingStatistics = {
  readonly jobs: number;
  readonly mean: number;
  readonly min: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

/** The number of jobs in each class: below the first bound, from it to below the second, and so on. */
export type Histogram = { readonly bounds_hours: readonly number[]; readonly jobs: readonly number[] };

/** The value of a measure; null if it is not known, or if no job has the time. */
export type MeasureValue = number | TimingStatistics | Histogram | Efficiency | null;

/** The value of each measure of a question. */
export type Values = Readonly<Partial<Record<Measure, MeasureValue>>>;
/** The values of each measure, one for each period. */
export type Series = Readonly<Partial<Record<Measure, readonly MeasureValue[]>>>;

const histogramBounds = [0.5, 1, 4, 12, 24, 72, 168];

/** What one kind of measures has: a value for each group and period, and for their totals. */
type Parts<Value> = { readonly total: Value; readonly periods: readonly Value[] };
/** Selects one value from each kind of measures. */
export type Of = <Value>(parts: {
  readonly groups: readonly Parts<Value>[];
  readonly all: Parts<Value>;
}) => Value | undefined;

/** Selects the total of a group. */
export function groupTotal(group: number): Of {
  return ({ groups }) => groups[group]?.total;
}

/**
 * Returns the values of the measures of a question.
 * @param of selects the value of a kind of measures
 */
export function valuesOf({ measures }: Question, { sums, timings, efficiencies }: Found, of: Of): Values {
  const amounts = of<Amounts>(sums) ?? { jobs: 0, users: 0, cpuSeconds: 0, gpuSeconds: 0, nodeSeconds: 0 };
  const timingOf = (kind: TimingKind) => {
    const found = timings.get(kind);
    return (found && of<Timing>(found)) ?? noJobs;
  };
  const values: Readonly<Record<Measure, () => MeasureValue>> = {
    jobs: () => amounts.jobs,
    users: () => amounts.users,
    cpu_hours: () => amounts.cpuSeconds / 3600,
    gpu_hours: () => amounts.gpuSeconds / 3600,
    node_hours: () => amounts.nodeSeconds / 3600,
    wait: () => statisticsOf(timingOf('wait')),
    duration: () => statisticsOf(timingOf('duration')),
    wait_histogram: () => histogramOf(timingOf('wait')),
    duration_histogram: () => histogramOf(timingOf('duration')),
    efficiency: () => (efficiencies && of<Efficiency | null>(efficiencies)) ?? null,
  };
  return Object.fromEntries(measures.map((measure) => [measure, values[measure]()]));
}

/**
 * Returns the values for each period; null if the question has no period.
 * @param group null for all groups
 */
export function seriesOf(question: Question, found: Found, periods: Periods, group: number | null): Series | null {
  if (question.period === null) return null;
  const rows = periods.list.map((_, period) =>
    valuesOf(question, found, ({ groups, all }) => (group === null ? all : groups[group])?.periods[period]),
  );
  return Object.fromEntries(question.measures.map((measure) => [measure, rows.map((row) => row[measure] ?? null)]));
}

/** Returns statistics in hours; null if there are no values. */
export function statisticsOf(timing: Timing): TimingStatistics | null {
  const hours = (probability: number) => (quantile(timing, probability) ?? 0) / 3600;
  const average = mean(timing);
  if (average === null) return null;
  return {
    jobs: countOf(timing),
    mean: average / 3600,
    min: hours(0),
    p25: hours(0.25),
    median: hours(0.5),
    p75: hours(0.75),
    p90: hours(0.9),
    p95: hours(0.95),
    p99: hours(0.99),
    max: hours(1),
  };
}

function histogramOf(timing: Timing): Histogram {
  const bounds = histogramBounds.map((hours) => hours * 3600);
  return { bounds_hours: histogramBounds, jobs: countBetween(timing, bounds) };
}

/** Returns the number by which groups are ordered: a median for times, a count of jobs for a histogram. */
export function rankOf(value: MeasureValue): number {
  if (value === null) return -1;
  if (typeof value === 'number') return value;
  if ('percent' in value) return value.percent;
  return 'median' in value ? value.median : value.jobs.reduce((sum, jobs) => sum + jobs, 0);
}
