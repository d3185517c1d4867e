import type { Database } from 'bun:sqlite';
import type { WithDatabase } from './database.ts';
import type { Entry, EntryKey, EntryState } from './entry.ts';
import { dateOf, type EntryRow, entryOf, entryRowColumns } from './row.ts';

/** Which entries to select by stream and time; all conditions must match. */
export type CollectedFilter = {
  readonly stream: string | null;
  /** Collected at this time or later. */
  readonly since: Date | null;
  /** Collected before this time. */
  readonly until: Date | null;
};

/** Which entries to select; all conditions must match. */
export type Filter = CollectedFilter & { readonly states: readonly EntryState[] };

/** The states of undelivered entries. */
export const undelivered: readonly EntryState[] = ['pending', 'held', 'rejected'];

/** The named parameters of a query. */
export type Parameters = Record<string, string | number>;
type KeyRow = Pick<EntryRow, 'sequence' | 'id' | 'stream' | 'state' | 'collected_at'>;

/** Entries in a page. No lock is held between two pages, so that a slow reader delays no writer. */
const pageSize = 500;

/** Returns the number of matching entries. */
export function countEntries({ database }: WithDatabase, filter: Filter): number {
  const { from, parameters } = matching(filter);
  return database.query<{ n: number }, [Parameters]>(`SELECT count(*) AS n ${from}`).get(parameters)?.n ?? 0;
}

/** Yields the matching entries, oldest first, at most `limit` (null for all), fetched page by page. */
export function* listEntries(
  { database }: WithDatabase,
  filter: Filter,
  limit: number | null = null,
): Generator<Entry> {
  for (const row of pages<EntryRow>(database, entryRowColumns, filter, limit)) yield entryOf(row);
}

/** The same, with only the members that are needed to retry, hold, release or drop them. */
export function* listKeys({ database }: WithDatabase, filter: Filter): Generator<EntryKey> {
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
function matching({ states, ...collected }: Filter): { from: string; parameters: Parameters } {
  const { condition, parameters } = collectedMatching(collected);
  const inStates = `state IN (${states.map((state) => `'${state}'`).join(', ')})`;
  return { from: `FROM entries INDEXED BY entries_by_state WHERE ${inStates} AND ${condition}`, parameters };
}

/** Returns the SQL condition of a filter, for a table that has the columns `stream` and `collected_at`. */
export function collectedMatching({ stream, since, until }: CollectedFilter): {
  condition: string;
  parameters: Parameters;
} {
  const conditions = ['1'];
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
  return { condition: conditions.join(' AND '), parameters };
}
