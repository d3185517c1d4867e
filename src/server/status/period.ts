import { parseDuration } from '../../lib/duration.ts';
import { RequestProblem } from '../http/problem.ts';
import { canonicalTimestamp, millisecondsOf, timestampOf } from '../timestamp.ts';
import { dayMs, hourMs } from './samples.ts';

/** Consecutive buckets of equal length. Times are milliseconds since 1970. */
export type Buckets = {
  /** The start of the first bucket, a multiple of `step`. */
  readonly from: number;
  /** The end of the last bucket. */
  readonly to: number;
  readonly step: number;
  readonly count: number;
};

const maxBuckets = 2000;
/** A chart is about as wide in pixels. */
const usualBuckets = 500;
const minuteMs = 60_000;
const usualSteps = [
  ...[1, 5, 10, 15, 30].map((minutes) => minutes * minuteMs),
  ...[1, 3, 6, 12].map((hours) => hours * hourMs),
  ...[1, 7, 28, 364].map((days) => days * dayMs),
];

/** The defaults of a query. */
export type UsualPeriod = {
  readonly windowMs: number;
  /** Buckets are not shorter if the query does not give their length. */
  readonly leastStep: number;
};

const lastDay: UsualPeriod = { windowMs: dayMs, leastStep: minuteMs };

/**
 * Returns the buckets that a query asks for. Parameters: `from` (default: a day before `to`), `to` (default: now) and
 * `step`, a number of seconds or a duration such as `5m` (default: at most 500 buckets). The buckets cover the whole
 * period, so the first may begin before it and the last may end after it.
 * @throws RequestProblem 400 that names all problems
 */
export function bucketsOf(query: URLSearchParams, now: Date, usual = lastDay): Buckets {
  const problems: string[] = [];
  const to = timeParameter(query, 'to', problems) ?? now.getTime();
  const from = timeParameter(query, 'from', problems) ?? to - usual.windowMs;
  if (problems.length === 0 && from >= to) problems.push('from: must be before to');
  const step = stepParameter(query, to - from, usual, problems);
  if (problems.length > 0) throw new RequestProblem(400, problems.join('; '));
  const start = Math.floor(from / step) * step;
  const count = Math.ceil((to - start) / step);
  return { from: start, to: start + count * step, step, count };
}

function timeParameter(query: URLSearchParams, name: string, problems: string[]): number | null {
  const text = query.get(name) ?? '';
  if (text === '') return null;
  const canonical = canonicalTimestamp(text);
  if (canonical !== null) return millisecondsOf(canonical);
  problems.push(`${name}: is not an ISO 8601 time, such as 2026-03-01T10:00:00`);
  return null;
}

/** Returns the length of a bucket in milliseconds. */
function stepParameter(query: URLSearchParams, windowMs: number, usual: UsualPeriod, problems: string[]): number {
  const text = query.get('step') ?? '';
  if (text === '') return usualStep(windowMs, usual.leastStep);
  const step = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  const problem = step === null ? 'must be seconds, or a duration such as 5m, 1h or 1d' : problemOf(step, windowMs);
  if (problem !== null) problems.push(`step: ${problem}`);
  return step ?? hourMs;
}

function usualStep(windowMs: number, least: number): number {
  return (
    usualSteps.find((step) => step >= least && windowMs <= step * usualBuckets) ??
    Math.ceil(windowMs / usualBuckets / dayMs) * dayMs
  );
}

function problemOf(step: number, windowMs: number): string | null {
  if (step < 1000) return 'must be at least 1 second';
  // Longer buckets are made of roll-ups.
  if (step > dayMs && step % dayMs !== 0) return 'must be whole days if it is longer than a day';
  if (step > hourMs && step % hourMs !== 0) return 'must be whole hours if it is longer than an hour';
  // One more bucket is needed if the period does not begin at a multiple of the step.
  if (Math.ceil(windowMs / step) + 1 <= maxBuckets) return null;
  return `gives more than ${maxBuckets} buckets: use at least ${Math.ceil(windowMs / (maxBuckets - 1) / 1000)} seconds`;
}

/** Returns the start of a bucket and the end of the last one as canonical text. */
export function canonicalTime(ms: number): string {
  return timestampOf(new Date(ms));
}
