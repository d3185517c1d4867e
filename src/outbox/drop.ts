import type { Database } from 'bun:sqlite';
import type { WithDatabase } from './database.ts';
import type { Attempt, Entry, EntryKey } from './entry.ts';
import { type CollectedFilter, collectedMatching, type Parameters } from './filter.ts';
import { dateOf } from './row.ts';

/** The record of an entry, or of a part of one, that was deleted undelivered. */
export type Dropped = {
  readonly id: string;
  readonly stream: string;
  readonly collectedAt: Date;
  readonly droppedAt: Date;
  readonly reason: string;
};

/** The number of rows kept for each stream. The total count includes deleted rows. */
const keptRows = 10_000;

/**
 * Deletes entries, and records the id, time and reason of each undelivered one. Skips an entry whose state has changed,
 * because the drain may have delivered it. Returns the deleted entries.
 */
export function drop<Key extends EntryKey>(
  database: Database,
  entries: readonly Key[],
  reason: string,
  now: Date,
): Key[] {
  return database
    .transaction(() => {
      const remove = database.query('DELETE FROM entries WHERE sequence = ? AND state = ?');
      const removed = entries.filter((entry) => {
        if (remove.run(entry.sequence, entry.state).changes === 0) return false;
        if (entry.state !== 'delivered') remember(database, entry, reason, now);
        return true;
      });
      for (const stream of new Set(removed.map((entry) => entry.stream))) forgetOldest(database, stream);
      return removed;
    })
    .immediate();
}

/**
 * Stores the records that were left out of an entry, one row for each reason. Skips a reason that its stream has
 * already: the same jobs can be exported more than once.
 */
export function rememberOmissions(database: Database, entry: Entry, reasons: readonly string[], now: Date): void {
  const query = database.query<{ reason: string }, [string]>('SELECT reason FROM dropped WHERE stream = ?');
  const known = new Set(query.all(entry.stream).map(({ reason }) => reason));
  for (const reason of new Set(reasons)) {
    if (!known.has(reason)) remember(database, { ...entry, id: Bun.randomUUIDv7() }, reason, now);
  }
  forgetOldest(database, entry.stream);
}

function remember(database: Database, { id, stream, collectedAt }: EntryKey, reason: string, now: Date): void {
  database
    .query('INSERT INTO dropped (id, stream, collected_at, dropped_at, reason) VALUES (?, ?, ?, ?, ?)')
    .run(id, stream, collectedAt.getTime(), now.getTime(), reason);
}

/** Deletes the oldest rows of one stream only, so that its many left-out jobs do not displace the rows of others. */
function forgetOldest(database: Database, stream: string): void {
  database
    .query(
      `DELETE FROM dropped WHERE sequence <=
         (SELECT sequence FROM dropped WHERE stream = ? ORDER BY sequence DESC LIMIT 1 OFFSET ${keptRows})
         AND stream = ?`,
    )
    .run(stream, stream);
}

/** Adds the answer to an entry that was dropped while it was being sent: the destination may have stored it. */
export function answeredAfterDrop(database: Database, entry: Entry, attempt: Attempt): void {
  database
    .query('UPDATE dropped SET reason = reason || ? WHERE id = ?')
    .run(`; it was being sent then: ${attempt.outcome} (${attempt.detail})`, entry.id);
}

/** Selects the records of all dropped entries. */
const everyDropped: CollectedFilter = { stream: null, since: null, until: null };

type DroppedRow = { id: string; stream: string; collected_at: number; dropped_at: number; reason: string };

/** Returns the matching records of dropped entries, the last dropped one first, at most `limit` (-1 for all). */
export function listDropped(
  { database }: WithDatabase,
  limit: number,
  filter: CollectedFilter = everyDropped,
): Dropped[] {
  const { condition, parameters } = collectedMatching(filter);
  return database
    .query<DroppedRow, [Parameters]>(
      `SELECT id, stream, collected_at, dropped_at, reason FROM dropped WHERE ${condition}
       ORDER BY sequence DESC LIMIT $limit`,
    )
    .all({ ...parameters, limit })
    .map((row) => ({
      id: row.id,
      stream: row.stream,
      collectedAt: dateOf(row.collected_at),
      droppedAt: dateOf(row.dropped_at),
      reason: row.reason,
    }));
}

/** Returns the number of matching records. */
export function countListedDropped({ database }: WithDatabase, filter: CollectedFilter): number {
  const { condition, parameters } = collectedMatching(filter);
  const query = `SELECT count(*) AS n FROM dropped WHERE ${condition}`;
  return database.query<{ n: number }, [Parameters]>(query).get(parameters)?.n ?? 0;
}

/** Returns the number of entries that were ever dropped. */
export function countDropped(database: Database): number {
  const query = `SELECT seq FROM sqlite_sequence WHERE name = 'dropped'`;
  return database.query<{ seq: number }, []>(query).get()?.seq ?? 0;
}
