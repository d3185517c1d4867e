import type { Database } from 'bun:sqlite';
import { recordAttempt } from './attempts.ts';
import type { Attempt, Entry } from './entry.ts';
import { insertEntry, storedBody } from './insert.ts';

/** What becomes of an entry of which a part can never be accepted. */
export type Split = {
  /** The body that is sent in its place. */
  readonly rest: string;
  /** The body of the entry that is kept as rejected, and why. */
  readonly leftOut: string;
  readonly reason: string;
};

/**
 * Takes a part out of an entry's body and keeps it as a rejected entry of the same stream, with the attempt that showed
 * it, all in one commit; gives the new entry's id. Null where the entry was dropped meanwhile: then all of it was.
 */
export function splitEntry(
  database: Database,
  entry: Entry,
  attempt: Attempt,
  { rest, leftOut, reason }: Split,
): string | null {
  const split = database.transaction((): string | null => {
    const mayHaveArrived = entry.firstSentAt !== null;
    const change = { state: null, deliveredAt: null, answer: null, charged: true, mayHaveArrived } as const;
    recordAttempt(database, entry, { attempt, change }, null);
    const { gzip, bytes, sha256 } = storedBody(rest);
    const query = 'UPDATE entries SET body_bytes = ?, body_sha256 = ? WHERE sequence = ?';
    if (database.query(query).run(bytes, sha256, entry.sequence).changes === 0) return null;
    database.query('UPDATE bodies SET gzip = ? WHERE entry = ?').run(gzip, entry.sequence);
    const id = Bun.randomUUIDv7();
    const body = storedBody(leftOut);
    for (let milliseconds = 1; ; milliseconds++) {
      const collectedAt = new Date(entry.collectedAt.getTime() + milliseconds);
      const { stream, destination, method, path, failedProbes } = entry;
      const part = { id, stream, destination, method, path, collectedAt, failedProbes } as const;
      const isStored = insertEntry(
        database,
        { ...part, state: 'rejected', firstSentAt: null, rejectedBecause: reason },
        body,
      );
      if (isStored) return id;
    }
  });
  return split.immediate();
}
