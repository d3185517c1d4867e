import type { Database } from 'bun:sqlite';
import { answeredAfterDrop } from './drop.ts';
import type { Attempt, AttemptRecord, Entry } from './entry.ts';
import { dateOf } from './row.ts';

/** Returns the attempts to deliver an entry, oldest first. */
export function attemptsOf(database: Database, entry: Entry): Attempt[] {
  return database
    .query<Omit<Attempt, 'at'> & { at: number }, [number]>(
      'SELECT at, seconds, status, outcome, detail FROM attempts WHERE entry = ? ORDER BY sequence',
    )
    .all(entry.sequence)
    .map((row) => ({ ...row, at: dateOf(row.at) }));
}

/** Notes that an entry is about to be sent. Returns false if it is not pending any more: it must not be sent then. */
export function noteSending(database: Database, entry: Entry, at: Date): boolean {
  const query = `UPDATE entries SET first_sent_at = coalesce(first_sent_at, ?) WHERE sequence = ? AND state = 'pending'`;
  return database.query(query).run(at.getTime(), entry.sequence).changes === 1;
}

/** Records an attempt, its changes of the entry, and that `next` is about to be sent, in one commit. */
export function recordAttempt(
  database: Database,
  entry: Entry,
  { attempt, change }: AttemptRecord,
  next: Entry | null,
): void {
  database
    .transaction(() => {
      if (next) noteSending(database, next, attempt.at);
      if (change.state === 'delivered') rememberNewest(database, entry);
      const isGone = database.query('SELECT 1 FROM entries WHERE sequence = ?').get(entry.sequence) === null;
      if (isGone) return answeredAfterDrop(database, entry, attempt);
      database
        .query('INSERT INTO attempts (entry, at, seconds, status, outcome, detail) VALUES (?, ?, ?, ?, ?, ?)')
        .run(entry.sequence, attempt.at.getTime(), attempt.seconds, attempt.status, attempt.outcome, attempt.detail);
      database
        .query(
          `UPDATE entries SET state = coalesce($state, state), attempts = attempts + $charged, last_status = $status,
             last_error = iif($state IS NULL AND state = 'held', last_error, $error),
             delivered_at = $deliveredAt, answer = $answer,
             next_attempt_at = iif($state IS NULL, next_attempt_at, NULL),
             first_sent_at = iif($mayHaveArrived, first_sent_at, NULL) WHERE sequence = $sequence`,
        )
        .run({
          state: change.state,
          charged: change.charged,
          status: attempt.status,
          error: change.state === 'delivered' ? null : attempt.detail,
          deliveredAt: change.deliveredAt,
          answer: change.answer,
          mayHaveArrived: change.mayHaveArrived,
          sequence: entry.sequence,
        });
    })
    .immediate();
}

/** Stores the time of the newest delivered entry of a stream: older entries are late. */
function rememberNewest(database: Database, entry: Entry): void {
  database
    .query(
      `INSERT INTO streams (stream, newest_delivered_at) VALUES (?, ?)
       ON CONFLICT (stream) DO UPDATE SET newest_delivered_at = max(newest_delivered_at, excluded.newest_delivered_at)`,
    )
    .run(entry.stream, entry.collectedAt.getTime());
}
