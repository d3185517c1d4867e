import { isBelievableRest } from '../lib/time.ts';
import type { Entry, EntryState } from './entry.ts';

/** Every column but the body, which is large. */
export const entryRowColumns = `sequence, id, stream, destination, method, path, body_bytes, body_sha256, collected_at, state, attempts,
  failed_drains, first_sent_at, next_attempt_at, last_status, last_error, delivered_at, answer, failed_probes`;

/** A row of `entries` as SQLite gives it. */
export type EntryRow = {
  readonly sequence: number;
  readonly id: string;
  readonly stream: string;
  readonly destination: string;
  readonly method: 'POST';
  readonly path: string;
  readonly body_bytes: number;
  readonly body_sha256: string;
  readonly collected_at: number;
  readonly state: EntryState;
  readonly attempts: number;
  readonly failed_drains: number;
  readonly first_sent_at: number | null;
  readonly next_attempt_at: number | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly delivered_at: number | null;
  readonly answer: string | null;
  readonly failed_probes: string;
};

/**
 * Returns the entry in a row. Replaces damaged values, because a row that throws would stop every command that reads
 * it.
 */
export function entryOf(row: EntryRow): Entry {
  return {
    sequence: row.sequence,
    id: row.id,
    stream: row.stream,
    destination: row.destination,
    method: row.method,
    path: row.path,
    bodyBytes: row.body_bytes,
    bodySha256: row.body_sha256,
    collectedAt: dateOf(row.collected_at),
    state: row.state,
    attempts: row.attempts,
    failedDrains: row.failed_drains,
    firstSentAt: optionalDateOf(row.first_sent_at),
    nextAttemptAt: believable(optionalDateOf(row.next_attempt_at)),
    lastStatus: row.last_status,
    lastError: row.last_error,
    deliveredAt: optionalDateOf(row.delivered_at),
    answer: row.answer,
    failedProbes: namesIn(row.failed_probes),
  };
}

/** The most milliseconds before and after 1970 that a Date can have (ECMA-262, "Time Values and Time Range"). */
const maxDateMilliseconds = 8.64e15;

/** Returns the time in a column. A damaged number becomes the nearest time that a Date can have. */
export function dateOf(milliseconds: number): Date {
  return new Date(Math.max(-maxDateMilliseconds, Math.min(milliseconds, maxDateMilliseconds)));
}

function optionalDateOf(milliseconds: number | null): Date | null {
  return milliseconds === null ? null : dateOf(milliseconds);
}

/** Returns the names in a JSON array; none if the text is damaged. */
function namesIn(text: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? names.map(String) : [];
  } catch {
    return [];
  }
}

/** Returns null for a time of a next attempt that a wrong clock set. */
function believable(until: Date | null): Date | null {
  return until !== null && isBelievableRest(until, new Date()) ? until : null;
}
