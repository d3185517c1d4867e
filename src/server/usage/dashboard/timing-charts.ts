import { countBetween, countOf, mean, quantile, type Timing } from '../engine/statistics.ts';
import type { Timings } from '../engine/timings.ts';

type PeriodNames = readonly (string | number)[];
type Class = { readonly name: string; readonly color: string };

const hour = 3600;
const waitBounds = [0.5, 1, 4, 12, 24].map((hours) => hours * hour);
const durationBounds = [1, 4, 12, 24, 72, 168].map((hours) => hours * hour);
/** The longest first, as the original has them. */
const waitClasses: readonly Class[] = [
  { name: '> 24h', color: '#cc0000' },
  { name: '12h-24h', color: '#ff1a1a' },
  { name: '4h-12h', color: '#ff4d4d' },
  { name: '1h-4h', color: '#ff8080' },
  { name: '30min-1h', color: '#ffb3b3' },
  { name: '< 30min', color: '#ffe5e5' },
];
const durationClasses: readonly Class[] = [
  { name: '> 7d', color: '#28a745' },
  { name: '3d-7d', color: '#3d9142' },
  { name: '1d-3d', color: '#52b058' },
  { name: '12h-24h', color: '#7bc77e' },
  { name: '4h-12h', color: '#a3d5a1' },
  { name: '1h-4h', color: '#c3e6cb' },
  { name: '< 1h', color: '#d4edda' },
];
const histogramLabels = ['< 1h', '1h - 4h', '4h - 12h', '12h - 24h', '1d - 3d', '3d - 7d', '> 7d'];

/** Returns the charts of the time from submission to start. Jobs that never started have none. */
export function waitingCharts(x: PeriodNames, waiting: Timings) {
  return {
    waiting_times_hist: percentages(waiting.all.total),
    waiting_times_over_time: means(x, waiting.all.periods),
    waiting_times_trends: trends(x, waiting.all.periods),
    waiting_times_stacked: stacked(x, waiting.all.periods, waitBounds, waitClasses),
  };
}

/** Returns the charts of the time from start to end. */
export function durationCharts(x: PeriodNames, durations: Timings) {
  return {
    job_duration_hist: percentages(durations.all.total),
    job_duration_over_time: means(x, durations.all.periods),
    job_duration_trends: trends(x, durations.all.periods),
    job_duration_stacked: stacked(x, durations.all.periods, durationBounds, durationClasses),
  };
}

const quantiles = { median: 0.5, max: 1, p25: 0.25, p50: 0.5, p75: 0.75, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

/** Returns the statistics of all jobs in hours, which the means of the statistics of periods are not; null without jobs. */
export function overall({ all }: Timings): Readonly<Record<string, number>> | null {
  return statisticsOf(all.total);
}

function statisticsOf(timing: Timing): Readonly<Record<string, number>> | null {
  const average = mean(timing);
  if (average === null) return null;
  const entries = Object.entries(quantiles).map(([name, probability]) => [
    name,
    (quantile(timing, probability) ?? 0) / hour,
  ]);
  return { mean: average / hour, ...Object.fromEntries(entries) };
}

/** A period without jobs has no mean. */
function means(x: PeriodNames, periods: readonly Timing[]) {
  return { x, y: periods.map((timing) => statisticsOf(timing)?.mean ?? null) };
}

function trends(x: PeriodNames, periods: readonly Timing[]) {
  const all = periods.map(statisticsOf);
  const names = ['mean', ...Object.keys(quantiles)];
  return {
    x,
    stats: Object.fromEntries(names.map((name) => [name, all.map((statistics) => statistics?.[name] ?? null)])),
  };
}

function stacked(x: PeriodNames, periods: readonly Timing[], bounds: readonly number[], classes: readonly Class[]) {
  const shares = periods.map((timing) => countBetween(timing, bounds).map((count) => percent(count, countOf(timing))));
  const series = classes.map(({ name, color }, index) => ({
    name,
    data: shares.map((share) => share[classes.length - 1 - index] ?? 0),
    color,
  }));
  return { x, series };
}

function percentages(timing: Timing) {
  const y = countBetween(timing, durationBounds).map((count) => percent(count, countOf(timing)));
  return {
    type: 'histogram',
    x: histogramLabels,
    y,
    median: (quantile(timing, 0.5) ?? 0) / hour,
    average: (mean(timing) ?? 0) / hour,
  };
}

function percent(count: number, total: number): number {
  return total === 0 ? 0 : (100 * count) / total;
}
