import type { Database } from 'bun:sqlite';
import type { Entry, EntryKey, EntryState } from './entry.ts';
import type { Outbox } from './outbox.ts';
import { dateOf, type EntryRow, entryOf, entryRowColumns } from './row.ts';

/** Which entries to select; all conditions must match. */
export type Filter = {
  readonly states: readonly EntryState[];
  readonly stream: string | null;
  /** Collected at this time or later. */
  readonly since: Date | null;
  /** Collected before this time. */
  readonly until: Date | null;
};

/** The states of undelivered entries. */
export const undelivered: readonly EntryState[] = ['pending', 'held', 'rejected'];

type Parameters = Record<string, string | number>;
type KeyRow = Pick<EntryRow, 'sequence' | 'id' | 'stream' | 'state' | 'collected_at'>;

/** Entries in a page. No lock is held between two pages, so that a slow reader delays no writer. */
const pageSize = 500;

/** Returns the number of matching entries. */
export function countEntries({ database }: Outbox, filter: Filter): number {
  const { from, parameters } = matching(filter);
  return database.query<{ n: number }, [Parameters]>(`SELECT count(*) AS n ${from}`).get(parameters)?.n ?? 0;
}

/** Yields the matching entries, oldest first, at most `limit` (null for all), fetched page by page. */
export function* listEntries({ database }: Outbox, filter: Filter, limit: number | null = null): Generator<Entry> {
  for (const row of pages<EntryRow>(database, entryRowColumns, filter, limit)) yield entryOf(row);
}

/** The same, with only the members that are needed to retry, hold, release or drop them. */
export function* listKeys({ database }: Outbox, filter: Filter): Generator<EntryKey> {
  for (const row of pages<KeyRow>(database, 'sequence, id, stream, state, collected_at', filter, null)) {
    const { collected_at, ...key } = row;
    yield { ...key, collectedAt: dateOf(collected_at) };
  }
}

function* pages<Row extends { readonly state: EntryState }>(
  database: Database,
  selected: string,
  filter: Filter,
  limit: number | null,
): Generator<Row> {
  const { from, parameters } = matching(filter);
  const sequences = database
    .query<{ sequence: number }, [Parameters]>(`SELECT sequence ${from} ORDER BY sequence LIMIT $limit`)
    .all({ ...parameters, limit: limit ?? -1 })
    .map(({ sequence }) => sequence);
  const query = database.query<Row, [string]>(
    `SELECT ${selected} FROM entries WHERE sequence IN (SELECT value FROM json_each(?)) ORDER BY sequence`,
  );
  for (let start = 0; start < sequences.length; start += pageSize) {
    // The drain may have changed the state of some since.
    for (const row of query.all(JSON.stringify(sequences.slice(start, start + pageSize))))
      if (filter.states.includes(row.state)) yield row;
  }
}

/** Returns the SQL of a filter. It uses the index that has all filtered entryRowColumns, because the rows are wide. */
function matching({ states, stream, since, until }: Filter): { from: string; parameters: Parameters } {
  const conditions = [`state IN (${states.map((state) => `'${state}'`).join(', ')})`];
  const parameters: Parameters = {};
  if (stream !== null) {
    conditions.push('stream = $stream');
    parameters.stream = stream;
  }
  if (since !== null) {
    conditions.push('collected_at >= $since');
    parameters.since = since.getTime();
  }
  if (until !== null) {
    conditions.push('collected_at < $until');
    parameters.until = until.getTime();
  }
  return { from: `FROM entries INDEXED BY entries_by_state WHERE ${conditions.join(' AND ')}`, parameters };
}
