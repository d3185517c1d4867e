import type { Database } from 'bun:sqlite';
import type { Attempt, Entry, EntryKey } from './entry.ts';
import type { Outbox } from './outbox.ts';
import { dateOf } from './row.ts';

/** What is remembered of an entry, or of a record of one, that was taken out undelivered. */
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
 * Takes entries out, and remembers which, when and why; of those that were delivered nothing is lost, or remembered. One
 * that is not in the state that it was found in stays: the drain may have delivered it meanwhile. Gives those taken out.
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
 * Remembers records that were left out of an entry, one row a reason. A reason that its stream has already is not stored
 * again: the same jobs can be exported more than once.
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

/** Deletes the oldest rows of one stream, so that many jobs that are left out displace no other stream's rows. */
function forgetOldest(database: Database, stream: string): void {
  database
    .query(
      `DELETE FROM dropped WHERE sequence <=
         (SELECT sequence FROM dropped WHERE stream = ? ORDER BY sequence DESC LIMIT 1 OFFSET ${keptRows})
         AND stream = ?`,
    )
    .run(stream, stream);
}

/** Notes what a destination said to an entry that was dropped while it was being sent: it may be there all the same. */
export function answeredAfterDrop(database: Database, entry: Entry, attempt: Attempt): void {
  database
    .query('UPDATE dropped SET reason = reason || ? WHERE id = ?')
    .run(`; it was being sent then: ${attempt.outcome} (${attempt.detail})`, entry.id);
}

/** What was dropped, newest first. */
export function listDropped({ database }: Outbox, limit: number): Dropped[] {
  return database
    .query<{ id: string; stream: string; collected_at: number; dropped_at: number; reason: string }, [number]>(
      'SELECT id, stream, collected_at, dropped_at, reason FROM dropped ORDER BY sequence DESC LIMIT ?',
    )
    .all(limit)
    .map((row) => ({
      id: row.id,
      stream: row.stream,
      collectedAt: dateOf(row.collected_at),
      droppedAt: dateOf(row.dropped_at),
      reason: row.reason,
    }));
}

/** How many were ever dropped. */
export function countDropped(database: Database): number {
  const query = `SELECT seq FROM sqlite_sequence WHERE name = 'dropped'`;
  return database.query<{ seq: number }, []>(query).get()?.seq ?? 0;
}
