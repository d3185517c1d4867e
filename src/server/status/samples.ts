import type { Writer } from '../store/port.ts';
import { hasSample, insertSamples, insertSeries, rollupsAt, seriesOf, storeRollups } from '../store/series.ts';
import type { MeasuredEntry, SeriesKind } from './measures.ts';
import { parseRollup, rollupText, sampleText, withSample } from './rollup.ts';

/** The periods of roll-ups, in milliseconds. */
export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const periods = [hourMs, dayMs];

/** Returns the start of the period that has a time in it. */
export function startOf(at: number, period: number): number {
  return Math.floor(at / period) * period;
}

/** Finds the id of a series. */
export type SeriesIds = (kind: SeriesKind, name: string) => number;

/**
 * Stores a sample of each series of a snapshot, and adds it to the roll-ups by hour and day. Snapshots may come in any
 * order. A second snapshot of the same millisecond is left out: `isAdded` is false. Returns the ids of the series.
 * @param at milliseconds since 1970
 * @param entries the totals come first
 */
export async function addSamples(
  writer: Writer,
  system: string,
  at: number,
  entries: readonly MeasuredEntry[],
): Promise<{ readonly idOf: SeriesIds; readonly isAdded: boolean }> {
  // A login node may occur twice in a snapshot. The last one counts.
  const byKey = new Map(entries.map((entry) => [keyOf(entry.kind, entry.name), entry]));
  const ids = await idsOf(writer, system, [...byKey.values()]);
  const idOf: SeriesIds = (kind, name) => found(ids.get(keyOf(kind, name)));
  const samples = [...byKey.values()].map(({ kind, name, values }) => ({ seriesId: idOf(kind, name), values }));
  const totals = samples[0];
  if (!totals || (await hasSample(writer, totals.seriesId, at))) return { idOf, isAdded: false };

  await insertSamples(
    writer,
    samples.map(({ seriesId, values }) => ({ seriesId, at, data: sampleText(values) })),
  );
  const hour = { length: hourMs, at: startOf(at, hourMs) };
  const day = { length: dayMs, at: startOf(at, dayMs) };
  const before = new Map((await rollupsAt(writer, system, [hour, day])).map((row) => [rowKey(row), row.data]));
  const rollups = samples.flatMap(({ seriesId, values }) =>
    [hour, day].map((period) => {
      const stored = parseRollup(before.get(rowKey({ seriesId, ...period })) ?? '[]');
      return { seriesId, ...period, data: rollupText(withSample(stored, values)) };
    }),
  );
  await storeRollups(writer, rollups);
  return { idOf, isAdded: true };
}

async function idsOf(writer: Writer, system: string, entries: readonly MeasuredEntry[]): Promise<Map<string, number>> {
  const ids = new Map((await seriesOf(writer, system)).map(({ id, kind, name }) => [keyOf(kind, name), id]));
  for (const { kind, name } of entries) {
    const key = keyOf(kind, name);
    if (!ids.has(key)) ids.set(key, await insertSeries(writer, system, kind, name));
  }
  return ids;
}

function rowKey({ seriesId, length }: { readonly seriesId: number; readonly length: number }): string {
  return `${seriesId} ${length}`;
}

function keyOf(kind: string, name: string): string {
  return `${kind} ${name}`;
}

function found(id: number | undefined): number {
  if (id === undefined) throw new Error('an entry of a snapshot has no series');
  return id;
}
