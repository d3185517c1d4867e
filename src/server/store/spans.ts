import type { Reader, Writer } from './port.ts';

/** The kinds of spans: counters of users, or states of systems. */
export type SpanKind = 'user' | 'state';

/** A span of a system: `key` has `value` in all its snapshots from `first` to `last` (timestamp.ts). */
export type SpanRow = {
  readonly id: number;
  readonly key: string;
  readonly value: string;
  readonly first: string;
  readonly last: string;
};

/** The first snapshot of a span: its timestamp, and the time at which it was received. */
export type SpanStart = { readonly key: string; readonly first: string; readonly created_at: string | null };

const columns = 'id, key, value, first_seen AS first, last_seen AS last';

/** Returns the spans that end at a timestamp. */
export function spansEndingAt(reader: Reader, system: string, kind: SpanKind, timestamp: string): Promise<SpanRow[]> {
  return reader.all<SpanRow>(
    `SELECT ${columns} FROM spans WHERE system = $1 AND kind = $2 AND last_seen = $3 ORDER BY id`,
    system,
    kind,
    timestamp,
  );
}

/** Returns the spans with the timestamp `next` in them that begin there, or begin at `previous` or before. */
export function spansAround(
  reader: Reader,
  system: string,
  kind: SpanKind,
  previous: string | null,
  next: string,
): Promise<SpanRow[]> {
  return reader.all<SpanRow>(
    `SELECT ${columns} FROM spans
     WHERE system = $1 AND kind = $2 AND last_seen >= $3 AND (first_seen = $3 OR first_seen <= coalesce($4, ''))
     ORDER BY id`,
    system,
    kind,
    next,
    previous,
  );
}

/** Returns the spans that end at a time or later and begin before another, in the order of their ends. */
export function spansBetween(
  reader: Reader,
  system: string,
  kind: SpanKind,
  from: string,
  to: string,
): Promise<SpanRow[]> {
  return reader.all<SpanRow>(
    `SELECT ${columns} FROM spans WHERE system = $1 AND kind = $2 AND last_seen >= $3 AND first_seen < $4
     ORDER BY last_seen, id`,
    system,
    kind,
    from,
    to,
  );
}

/** Returns the starts of the spans that end at a timestamp. */
export function spanStarts(reader: Reader, system: string, kind: SpanKind, timestamp: string): Promise<SpanStart[]> {
  return reader.all<SpanStart>(
    `SELECT key, first_seen AS first,
       (SELECT max(received_at) FROM snapshots s WHERE s.system = u.system AND s.timestamp = u.first_seen) AS created_at
     FROM spans u WHERE system = $1 AND kind = $2 AND last_seen = $3 ORDER BY id`,
    system,
    kind,
    timestamp,
  );
}

/** Stores spans: new ones without an id, and others in the place of the stored ones with their ids. */
export async function storeSpanRows(
  writer: Writer,
  system: string,
  kind: SpanKind,
  spans: readonly (Omit<SpanRow, 'id'> & { readonly id: number | null })[],
): Promise<void> {
  const names = ['system', 'kind', 'key', 'value', 'first_seen', 'last_seen'];
  const valuesOf = ({ key, value, first, last }: Omit<SpanRow, 'id'>) => [system, kind, key, value, first, last];
  const target = { table: 'spans', key: ['id'] };
  const isNew = Map.groupBy(spans, ({ id }) => id === null);
  await writer.insertMany({ ...target, columns: names }, (isNew.get(true) ?? []).map(valuesOf));
  await writer.insertMany(
    { ...target, columns: ['id', ...names] },
    (isNew.get(false) ?? []).map((span) => [span.id, ...valuesOf(span)]),
  );
}

/** Deletes a span. */
export async function deleteSpan(writer: Writer, id: number): Promise<void> {
  await writer.run('DELETE FROM spans WHERE id = $1', id);
}
