import type { Database } from 'bun:sqlite';
import { recordAttempt } from './attempts.ts';
import { rememberOmissions } from './drop.ts';
import type { Attempt, Entry } from './entry.ts';
import { insertEntry, storedBody } from './insert.ts';

/** How to split an entry of which a part can never be accepted. */
export type Split = {
  /** The body to send instead. */
  readonly rest: string;
  /** The body to keep as a rejected entry, and the reason. */
  readonly leftOut: string;
  readonly reason: string;
};

/**
 * Moves a part of an entry's body to a new rejected entry of the same stream, and records the attempt, in one commit.
 * Returns the id of the new entry; null if the entry was dropped meanwhile.
 */
export function splitEntry(
  database: Database,
  entry: Entry,
  attempt: Attempt,
  { rest, leftOut, reason }: Split,
): string | null {
  const split = database.transaction((): string | null => {
    if (!keepRest(database, entry, attempt, rest)) return null;
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

/** How to leave records out of an entry. */
export type Omission = {
  /** The body to send instead. */
  readonly rest: string;
  /** A line for each record: its name, and the reason to leave it out. */
  readonly reasons: readonly string[];
};

/**
 * Leaves records out of an entry's body, stores each as dropped, and records the attempt, in one commit. Returns false
 * if the entry was dropped meanwhile.
 */
export function omitFromEntry(
  database: Database,
  entry: Entry,
  attempt: Attempt,
  { rest, reasons }: Omission,
): boolean {
  const omit = database.transaction((): boolean => {
    if (!keepRest(database, entry, attempt, rest)) return false;
    rememberOmissions(database, entry, reasons, attempt.at);
    return true;
  });
  return omit.immediate();
}

/** Records an attempt, and replaces the body. Returns false if the entry does not exist any more. */
function keepRest(database: Database, entry: Entry, attempt: Attempt, rest: string): boolean {
  const mayHaveArrived = entry.firstSentAt !== null;
  const change = { state: null, deliveredAt: null, answer: null, charged: true, mayHaveArrived } as const;
  recordAttempt(database, entry, { attempt, change }, null);
  const { gzip, bytes, sha256 } = storedBody(rest);
  const query = 'UPDATE entries SET body_bytes = ?, body_sha256 = ? WHERE sequence = ?';
  if (database.query(query).run(bytes, sha256, entry.sequence).changes === 0) return false;
  database.query('UPDATE bodies SET gzip = ? WHERE entry = ?').run(gzip, entry.sequence);
  return true;
}
