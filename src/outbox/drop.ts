import type { Database } from 'bun:sqlite';
import type { Entry } from './entry.ts';

/** What is remembered of an entry that was taken out undelivered. */
export type Dropped = {
  readonly id: string;
  readonly stream: string;
  readonly collectedAt: Date;
  readonly droppedAt: Date;
  readonly reason: string;
};

/** Takes entries out, and remembers which, when and why; of those that were delivered nothing is lost, or remembered. */
export function drop(database: Database, entries: readonly Entry[], reason: string, now: Date): void {
  database
    .transaction(() => {
      const remember = database.query(
        'INSERT INTO dropped (id, stream, collected_at, dropped_at, reason) VALUES (?, ?, ?, ?, ?)',
      );
      const remove = database.query('DELETE FROM entries WHERE sequence = ?');
      for (const entry of entries) {
        if (entry.state !== 'delivered') {
          remember.run(entry.id, entry.stream, entry.collectedAt.getTime(), now.getTime(), reason);
        }
        remove.run(entry.sequence);
      }
    })
    .immediate();
}

/** What was dropped, newest first. */
export function listDropped(database: Database, limit: number): Dropped[] {
  return database
    .query<{ id: string; stream: string; collected_at: number; dropped_at: number; reason: string }, [number]>(
      'SELECT id, stream, collected_at, dropped_at, reason FROM dropped ORDER BY sequence DESC LIMIT ?',
    )
    .all(limit)
    .map((row) => ({
      id: row.id,
      stream: row.stream,
      collectedAt: new Date(row.collected_at),
      droppedAt: new Date(row.dropped_at),
      reason: row.reason,
    }));
}
