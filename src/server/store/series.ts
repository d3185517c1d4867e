import type { Reader, Writer } from './port.ts';
import { inserted } from './snapshots.ts';

/** A series: the totals of a system, or one of its queues, node types, login nodes, filesystems or failed probes. */
export type SeriesRow = { readonly id: number; readonly kind: string; readonly name: string };

/** A stored text of values, at a time in milliseconds since 1970. */
export type TimedText = { readonly at: number; readonly data: string };

/** The text of a series' values, at a time in milliseconds since 1970. */
export type SeriesText = TimedText & { readonly seriesId: number };

/** Returns the series of a system. */
export function seriesOf(reader: Reader, system: string): Promise<SeriesRow[]> {
  return reader.all<SeriesRow>('SELECT id, kind, name FROM series WHERE system = $1', system);
}

/** Returns the names of the systems that have history. */
export async function systemsWithHistory(reader: Reader): Promise<string[]> {
  const rows = await reader.all<{ system: string }>('SELECT DISTINCT system FROM series ORDER BY system');
  return rows.map(({ system }) => system);
}

/** Adds a series and returns its id. */
export async function insertSeries(writer: Writer, system: string, kind: string, name: string): Promise<number> {
  return inserted(
    await writer.get<{ id: number }>(
      'INSERT INTO series (system, kind, name) VALUES ($1, $2, $3) RETURNING id',
      system,
      kind,
      name,
    ),
  );
}

/** True if a series has a sample at a time. */
export async function hasSample(reader: Reader, seriesId: number, at: number): Promise<boolean> {
  return (await reader.get('SELECT at FROM samples WHERE series_id = $1 AND at = $2', seriesId, at)) !== null;
}

/** Stores samples. */
export async function insertSamples(writer: Writer, samples: readonly SeriesText[]): Promise<void> {
  const target = { table: 'samples', columns: ['series_id', 'at', 'data'], key: ['series_id', 'at'] };
  await writer.insertMany(
    target,
    samples.map(({ seriesId, at, data }) => [seriesId, at, data]),
  );
}

/** The text of a series' roll-up of the period of `length` milliseconds that begins at `at`. */
export type RollupText = SeriesText & { readonly length: number };

/** A period of `length` milliseconds. */
export type PeriodOf = { readonly length: number; readonly at: number };

/** Returns the roll-ups of a system's series for two periods. */
export function rollupsAt(
  reader: Reader,
  system: string,
  [one, other]: readonly [PeriodOf, PeriodOf],
): Promise<RollupText[]> {
  return reader.all<RollupText>(
    `SELECT r.series_id AS "seriesId", r.length, r.at, r.data FROM series s JOIN rollups r ON r.series_id = s.id
     WHERE s.system = $1 AND r.length = $2 AND r.at = $3
     UNION ALL
     SELECT r.series_id, r.length, r.at, r.data FROM series s JOIN rollups r ON r.series_id = s.id
     WHERE s.system = $1 AND r.length = $4 AND r.at = $5`,
    system,
    one.length,
    one.at,
    other.length,
    other.at,
  );
}

/** Stores roll-ups, each in the place of the one of its series and period. */
export async function storeRollups(writer: Writer, rollups: readonly RollupText[]): Promise<void> {
  const target = {
    table: 'rollups',
    columns: ['series_id', 'length', 'at', 'data'],
    key: ['series_id', 'length', 'at'],
  };
  await writer.insertMany(
    target,
    rollups.map(({ seriesId, length, at, data }) => [seriesId, length, at, data]),
  );
}

/** Returns the samples of a series from a time until before another, in their order. */
export function samplesBetween(reader: Reader, seriesId: number, from: number, to: number): Promise<TimedText[]> {
  return reader.all<TimedText>(
    'SELECT at, data FROM samples WHERE series_id = $1 AND at >= $2 AND at < $3 ORDER BY at',
    seriesId,
    from,
    to,
  );
}

/** Returns the roll-ups of a series whose periods begin from a time until before another, in their order. */
export function rollupsBetween(
  reader: Reader,
  seriesId: number,
  length: number,
  from: number,
  to: number,
): Promise<TimedText[]> {
  return reader.all<TimedText>(
    'SELECT at, data FROM rollups WHERE series_id = $1 AND length = $2 AND at >= $3 AND at < $4 ORDER BY at',
    seriesId,
    length,
    from,
    to,
  );
}

/** The time of the oldest sample of a series, and of its oldest roll-up of two lengths; null if there is none. */
export type OldestTimes = { readonly sample: number | null; readonly hour: number | null; readonly day: number | null };

/** Returns since when a series has samples, and roll-ups of two lengths in milliseconds. */
export async function oldestOf(reader: Reader, seriesId: number, hour: number, day: number): Promise<OldestTimes> {
  const row = await reader.get<OldestTimes>(
    `SELECT (SELECT min(at) FROM samples WHERE series_id = $1) AS sample,
       (SELECT min(at) FROM rollups WHERE series_id = $1 AND length = $2) AS hour,
       (SELECT min(at) FROM rollups WHERE series_id = $1 AND length = $3) AS day`,
    seriesId,
    hour,
    day,
  );
  return row ?? { sample: null, hour: null, day: null };
}
