import type { z } from 'zod';
import { type ShownName, shownNameBy } from '../auth/caller.ts';
import type { Reader } from '../store/port.ts';
import { seriesOf } from '../store/series.ts';
import { userSums } from '../store/user-sums.ts';
import type { userHistorySchema } from './answers.ts';
import { coverageOf, type Totals, totalsOf, unknownSystem } from './coverage.ts';
import { keptBuckets } from './kept.ts';
import { type Buckets, bucketsOf } from './period.ts';
import { userSpanDays } from './retention.ts';
import { dayMs, hourMs } from './samples.ts';
import { userCounters } from './spans.ts';
import { type UserQuestion, userQuestion } from './user-question.ts';
import { visitUserSpans } from './user-spans.ts';

/** The average of a counter in each bucket; null in a bucket without a snapshot. */
type Averages = readonly (number | null)[];

/** The users or projects with the most of something, the others together, and all. */
export type UserHistory = Readonly<z.output<typeof userHistorySchema>>;

/**
 * Returns the history of the users or projects of a system. Query parameters: those of `userQuestion`, and `from`, `to`
 * and `step` (period.ts). Buckets are at least an hour long unless the period is at most 7 days within the last 14 days.
 * @param shownName the names of users that the client may see; a name without one is among the others
 * @throws RequestProblem 404 for an unknown system, 400 for wrong parameters
 */
export async function userHistoryOf(
  reader: Reader,
  system: string,
  by: 'user' | 'project',
  query: URLSearchParams,
  shownName: ShownName,
  now: Date,
): Promise<UserHistory> {
  const all = await seriesOf(reader, system);
  const totals = totalsOf(all);
  if (!totals) throw unknownSystem(system);
  const question = userQuestion(query, by);
  const buckets = await userBuckets(reader, totals.id, query, now);
  const sums =
    buckets.step < hourMs
      ? await sumsOfSpans(reader, system, totals, question, buckets)
      : await sumsOfPeriods(reader, system, question, buckets);
  const coverage = await coverageOf(reader, all, buckets);
  return {
    ...coverage,
    system,
    ...question.echoed,
    ...ranked(sums, coverage.snapshots, question, shownNameBy(by, shownName)),
  };
}

/** Returns the buckets of a query. They are at least an hour long where short ones would need too many spans. */
export async function userBuckets(
  reader: Reader,
  totalsId: number,
  query: URLSearchParams,
  now: Date,
): Promise<Buckets> {
  const buckets = await keptBuckets(reader, totalsId, query, now);
  // One bucket more than 7 days, because buckets cover the whole period.
  const isShort =
    buckets.to - buckets.from <= 7 * dayMs + 2 * buckets.step &&
    buckets.from >= now.getTime() - userSpanDays * dayMs - buckets.step;
  if (buckets.step >= hourMs || isShort) return buckets;
  const withoutStep = new URLSearchParams(query);
  withoutStep.delete('step');
  return bucketsOf(withoutStep, now, { windowMs: dayMs, leastStep: hourMs });
}

/** The sum of the counter over the snapshots of each bucket, by name. */
type Sums = ReadonlyMap<string, Float64Array>;

async function sumsOfPeriods(
  reader: Reader,
  system: string,
  { column, counter, queue }: UserQuestion,
  { from, to, step, count }: Buckets,
): Promise<Sums> {
  const length = step % dayMs === 0 ? dayMs : hourMs;
  const rows = await userSums(reader, column, counter, { system, length, from, to, queue });
  const sums = new Map<string, Float64Array>();
  for (const { name, at, sum } of rows) addTo(sums, name, count)(Math.floor((at - from) / step), sum);
  return sums;
}

/** Sums up spans: each counts once for each snapshot in it. */
async function sumsOfSpans(
  reader: Reader,
  system: string,
  totals: Totals,
  { column, counter, queue }: UserQuestion,
  buckets: Buckets,
): Promise<Sums> {
  const index = userCounters.indexOf(counter);
  const sums = new Map<string, Float64Array>();
  await visitUserSpans(
    reader,
    system,
    totals.id,
    buckets,
    (user, counters) => (counters[index] ?? 0) !== 0 && (queue === null || user.queue_name === queue),
    (user, counters, bucket, snapshots) =>
      addTo(sums, user[column], buckets.count)(bucket, (counters[index] ?? 0) * snapshots),
  );
  return sums;
}

function addTo(sums: Map<string, Float64Array>, name: string, count: number): (bucket: number, sum: number) => void {
  const found = sums.get(name) ?? new Float64Array(count);
  sums.set(name, found);
  return (bucket, sum) => {
    found[bucket] = (found[bucket] ?? 0) + sum;
  };
}

/** Returns the averages of the greatest names, of the others together, and of all. */
function ranked(
  sums: Sums,
  snapshots: readonly number[],
  { rank, top }: UserQuestion,
  shownName: ShownName,
): Pick<UserHistory, 'series' | 'others' | 'total'> {
  const average = (values: Float64Array): (number | null)[] =>
    snapshots.map((count, bucket) => (count > 0 ? Number(((values[bucket] ?? 0) / count).toPrecision(12)) : null));
  const current = snapshots.findLastIndex((count) => count > 0);
  const lines = [...sums].map(([name, values]) => ({ name, values, averages: average(values) }));
  const peakOf = (averages: readonly (number | null)[]) => Math.max(0, ...averages.map((value) => value ?? 0));
  const ranks = lines
    .map((line) => ({ ...line, peak: peakOf(line.averages), current: line.averages[current] ?? 0 }))
    .sort((a, b) => b[rank] - a[rank] || b.peak - a.peak || (a.name < b.name ? -1 : 1));
  const total = new Float64Array(snapshots.length);
  const rest = new Float64Array(snapshots.length);
  const series: { name: string; average: Averages }[] = [];
  for (const { name, values, averages } of ranks) {
    const shown = series.length < top ? shownName(name) : null;
    if (shown !== null) series.push({ name: shown, average: averages });
    for (const [bucket, value] of values.entries()) {
      total[bucket] = (total[bucket] ?? 0) + value;
      if (shown === null) rest[bucket] = (rest[bucket] ?? 0) + value;
    }
  }
  return { series, others: { count: ranks.length - series.length, average: average(rest) }, total: average(total) };
}
