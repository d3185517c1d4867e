import type { Entry } from './entry.ts';
import { choicesOf } from './order.ts';
import type { Outbox } from './outbox.ts';
import { dateOf, type EntryRow, entryOf, entryRowColumns } from './row.ts';

/** An entry of a stream: when it was collected, and which probes failed. */
export type LatestEntry = { readonly collectedAt: Date; readonly failedProbes: readonly string[] };

/** Returns the entries of a stream that were stored last and collected up to `until`, the latest collected first. */
export function latestEntries({ database }: Outbox, stream: string, until: Date, limit: number): LatestEntry[] {
  return database
    .query<EntryRow, [string, number, number]>(
      `SELECT ${entryRowColumns} FROM entries WHERE stream = ? AND collected_at <= ? ORDER BY sequence DESC LIMIT ?`,
    )
    .all(stream, until.getTime(), limit)
    .map(entryOf)
    .sort((a, b) => b.collectedAt.getTime() - a.collectedAt.getTime());
}

/** Returns when the newest delivered entry of each stream was collected, for all streams that ever had a delivery. */
export function newestDelivered({ database }: Outbox): ReadonlyMap<string, Date> {
  const rows = database
    .query<{ stream: string; newest_delivered_at: number }, []>('SELECT stream, newest_delivered_at FROM streams')
    .all();
  return new Map(rows.map((row) => [row.stream, dateOf(row.newest_delivered_at)]));
}

/** Returns the streams that have entries or ever had a delivery, sorted by name. */
export function streamNames({ database }: Outbox): string[] {
  // The query steps from stream to stream along the index: reading every entry would take long in an outage.
  const rows = database
    .query<{ stream: string }, []>(
      `WITH RECURSIVE names (stream) AS (
         SELECT min(stream) FROM entries
         UNION ALL
         SELECT (SELECT min(stream) FROM entries WHERE stream > names.stream) FROM names WHERE stream IS NOT NULL
       )
       SELECT stream FROM names WHERE stream IS NOT NULL UNION SELECT stream FROM streams ORDER BY stream`,
    )
    .all();
  return rows.map(({ stream }) => stream);
}

/** Returns the streams of pending entries, each with the destination of its entries; damaged entries can have others. */
export function pendingStreams({ database }: Outbox): Pick<EntryRow, 'stream' | 'destination'>[] {
  const query = `SELECT DISTINCT stream, destination FROM entries INDEXED BY entries_by_state WHERE state = 'pending'`;
  return database.query<Pick<EntryRow, 'stream' | 'destination'>, []>(query).all();
}

/** Returns the pending entry that the next drain sends first, for each stream, with the rest and last error of the stream. */
export function streamHeads(outbox: Outbox): ReadonlyMap<string, Entry> {
  const choices = choicesOf(outbox, null);
  return new Map(
    choices.map(({ entry, restsUntil, lastError }) => [
      entry.stream,
      { ...entry, nextAttemptAt: restsUntil, lastError },
    ]),
  );
}
