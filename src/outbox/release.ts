import type { Database } from 'bun:sqlite';
import type { WithDatabase } from './database.ts';
import type { Entry, EntryKey } from './entry.ts';

/** The outcome in `attempts` that records a release. */
const outcome = 'released';

/**
 * Makes a held entry pending. Returns false if it is not held. The release is recorded among its attempts, so that
 * `outbox show` lists it and the drain does not hold the entry for its timestamp again.
 */
export function releaseEntry(database: Database, entry: EntryKey, at: Date): boolean {
  // Restore the last error: holding the entry put a reason before it.
  const lastError = `(SELECT detail FROM attempts
    WHERE entry = entries.sequence AND outcome <> $outcome ORDER BY sequence DESC LIMIT 1)`;
  const query = `UPDATE entries SET state = 'pending', last_error = ${lastError}, next_attempt_at = NULL WHERE sequence = $sequence AND state = 'held'`;
  if (database.query(query).run({ sequence: entry.sequence, outcome }).changes === 0) return false;
  database
    .query('INSERT INTO attempts (entry, at, seconds, status, outcome, detail) VALUES (?, ?, 0, NULL, ?, ?)')
    .run(entry.sequence, at.getTime(), outcome, 'by outbox release');
  return true;
}

/** True if a person released the entry at any time. */
export function wasReleased({ database }: WithDatabase, entry: Entry): boolean {
  const query = 'SELECT 1 FROM attempts WHERE entry = ? AND outcome = ?';
  return database.query(query).get(entry.sequence, outcome) !== null;
}
