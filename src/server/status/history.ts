import type { z } from 'zod';
import { RequestProblem } from '../http/problem.ts';
import type { Reader } from '../store/port.ts';
import { seriesOf } from '../store/series.ts';
import type { fieldHistorySchema, historySchema } from './answers.ts';
import { type FieldBuckets, readBuckets } from './buckets.ts';
import { coverageOf, totalsOf, unknownSystem } from './coverage.ts';
import { keptBuckets } from './kept.ts';
import { measures, type SeriesKind } from './measures.ts';

/** A field's average, least and greatest value in each bucket; null in a bucket without a known value. */
type FieldHistory = Readonly<z.output<typeof fieldHistorySchema>>;

/** The history of a series. */
export type History = Readonly<z.output<typeof historySchema>>;

/** Which series a history is of. `totals` stands for the totals of a batch system or of a hub. */
export type SeriesChoice = {
  readonly kind: Exclude<SeriesKind, 'system' | 'hub' | 'probe'> | 'totals';
  readonly name: string;
};

const labels: Readonly<Record<SeriesChoice['kind'], string>> = {
  totals: 'system',
  queue: 'queue',
  node_type: 'node type',
  login_node: 'login node',
  filesystem: 'filesystem',
};

/**
 * Returns the history of a series. Query parameters: `from`, `to`, `step` (period.ts) and `fields`, separated by commas
 * (default: all fields with a known value in the period).
 * @throws RequestProblem 404 for an unknown system or name, 400 for wrong parameters
 */
export async function historyOf(
  reader: Reader,
  system: string,
  choice: SeriesChoice,
  query: URLSearchParams,
  now: Date,
): Promise<History> {
  const all = await seriesOf(reader, system);
  const totals = totalsOf(all);
  if (!totals) throw unknownSystem(system);
  const kind = choice.kind === 'totals' ? totals.kind : choice.kind;
  // The totals have no name.
  const series = all.find((one) => one.kind === kind && one.name === choice.name);
  if (!series) throw new RequestProblem(404, `${system} has no ${labels[choice.kind]} ${choice.name}`);
  const asked = fieldsOf(query, kind);
  const buckets = await keptBuckets(reader, totals.id, query, now);

  const fields = (await readBuckets(reader, series.id, kind, asked ?? measures[kind], buckets)).filter(
    ({ counts }) => asked !== null || counts.some((count) => count > 0),
  );
  return {
    system,
    kind,
    name: choice.kind === 'totals' ? null : series.name,
    ...(await coverageOf(reader, all, buckets)),
    fields: Object.fromEntries(fields.map((field) => [field.name, fieldHistory(field)])),
  };
}

/** Returns the fields that a query names, null if it names none. */
function fieldsOf(query: URLSearchParams, kind: SeriesKind): readonly string[] | null {
  const names = (query.get('fields') ?? '').split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !measures[kind].includes(name));
  if (unknown.length === 0) return names.length === 0 ? null : names;
  throw new RequestProblem(400, `fields: ${unknown.join(', ')}: must be of ${measures[kind].join(', ')}`);
}

function fieldHistory({ counts, sums, minima, maxima }: FieldBuckets): FieldHistory {
  const known = (values: Float64Array) => Array.from(values, (value, bucket) => (counts[bucket] ? value : null));
  return {
    // Twelve digits hide the rounding errors of the sum.
    average: Array.from(sums, (sum, bucket) =>
      counts[bucket] ? Number((sum / counts[bucket]).toPrecision(12)) : null,
    ),
    minimum: known(minima),
    maximum: known(maxima),
  };
}
