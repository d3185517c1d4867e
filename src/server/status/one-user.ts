import type { z } from 'zod';
import { type ShownName, shownNameBy } from '../auth/caller.ts';
import type { Reader } from '../store/port.ts';
import { seriesOf } from '../store/series.ts';
import { namesWithSums, sumsOfName } from '../store/user-sums.ts';
import type { oneUserSchema } from './answers.ts';
import { coverageOf, type Totals, totalsOf, unknownSystem } from './coverage.ts';
import type { Buckets } from './period.ts';
import { dayMs, hourMs } from './samples.ts';
import { userCounters } from './spans.ts';
import { userBuckets } from './user-history.ts';
import { visitUserSpans } from './user-spans.ts';

/** The average of each counter of one user or project in each bucket; null in a bucket without a snapshot. */
export type OneUserHistory = Readonly<z.output<typeof oneUserSchema>>;

/** A user or project, by the name that the client may see. */
export type UserChoice = { readonly by: 'user' | 'project'; readonly name: string };

/**
 * Returns the history of one user or project, all queues together. A name without jobs in the period has zeros. Query
 * parameters: `from`, `to` and `step`, as for `userHistoryOf`.
 * @param shownName the names that the client may see, and may ask for
 * @throws RequestProblem 404 for an unknown system, 400 for wrong parameters
 */
export async function oneUserHistory(
  reader: Reader,
  system: string,
  { by, name }: UserChoice,
  query: URLSearchParams,
  shownName: ShownName,
  now: Date,
): Promise<OneUserHistory> {
  const all = await seriesOf(reader, system);
  const totals = totalsOf(all);
  if (!totals) throw unknownSystem(system);
  const buckets = await userBuckets(reader, totals.id, query, now);
  const column = by === 'user' ? 'username' : 'project_code';
  const shown = shownNameBy(by, shownName);
  const isAsked = (stored: string) => shown(stored) === name;
  const sums =
    buckets.step < hourMs
      ? await sumsOfSpans(reader, system, totals, column, isAsked, buckets)
      : await sumsOfPeriods(reader, system, column, isAsked, buckets);
  const coverage = await coverageOf(reader, all, buckets);
  const averageOf = (counter: number) =>
    coverage.snapshots.map((count, bucket) =>
      count > 0 ? Number(((sums[counter]?.[bucket] ?? 0) / count).toPrecision(12)) : null,
    );
  return {
    ...coverage,
    system,
    kind: by,
    name,
    fields: Object.fromEntries(userCounters.map((counter, index) => [counter, { average: averageOf(index) }])),
  };
}

type Column = 'username' | 'project_code';

/** The sums of each counter over the snapshots of each bucket. */
type Sums = readonly Float64Array[];

async function sumsOfPeriods(
  reader: Reader,
  system: string,
  column: Column,
  isAsked: (stored: string) => boolean,
  { from, to, step, count }: Buckets,
): Promise<Sums> {
  const filter = { system, length: step % dayMs === 0 ? dayMs : hourMs, from, to };
  const sums = emptySums(count);
  for (const stored of (await namesWithSums(reader, column, filter)).filter(isAsked)) {
    for (const row of await sumsOfName(reader, column, stored, userCounters, filter)) {
      const counters = userCounters.map((counter) => row[counter]);
      add(sums, Math.floor((row.at - from) / step), counters, 1);
    }
  }
  return sums;
}

async function sumsOfSpans(
  reader: Reader,
  system: string,
  totals: Totals,
  column: Column,
  isAsked: (stored: string) => boolean,
  buckets: Buckets,
): Promise<Sums> {
  const sums = emptySums(buckets.count);
  await visitUserSpans(
    reader,
    system,
    totals.id,
    buckets,
    (user) => isAsked(user[column]),
    (_, counters, bucket, snapshots) => add(sums, bucket, counters, snapshots),
  );
  return sums;
}

function emptySums(count: number): Sums {
  return userCounters.map(() => new Float64Array(count));
}

function add(sums: Sums, bucket: number, counters: readonly number[], snapshots: number): void {
  for (const [index, values] of sums.entries()) {
    values[bucket] = (values[bucket] ?? 0) + (counters[index] ?? 0) * snapshots;
  }
}
