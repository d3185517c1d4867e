import type { Reader, Writer } from './port.ts';
import { inserted } from './snapshots.ts';

/** What a span is of. */
export type SpanKey = { readonly username: string; readonly project_code: string; readonly queue_name: string };

/** A span, with its counters as JSON text. */
export type Span = SpanKey & { readonly id: number; readonly counters: string };

/** When a span began: the timestamp of its first snapshot, and the time at which that snapshot was received. */
export type SpanStart = SpanKey & { readonly first_seen: string; readonly created_at: string | null };

/** Returns the spans of a system that ended at `since` or later, in the order in which they were added. */
export function openSpans(reader: Reader, system: string, since: string): Promise<Span[]> {
  return reader.all<Span>(
    `SELECT id, username, project_code, queue_name, counters FROM user_project_spans
     WHERE system = $1 AND last_seen >= $2 ORDER BY id`,
    system,
    since,
  );
}

/** Returns the starts of the spans of a system that end at a timestamp. */
export function spanStarts(reader: Reader, system: string, timestamp: string): Promise<SpanStart[]> {
  return reader.all<SpanStart>(
    `SELECT username, project_code, queue_name, first_seen,
       (SELECT max(received_at) FROM snapshots s WHERE s.system = u.system AND s.timestamp = u.first_seen) AS created_at
     FROM user_project_spans u WHERE system = $1 AND last_seen = $2 ORDER BY id`,
    system,
    timestamp,
  );
}

/** Moves the end of a span. */
export async function extendSpan(writer: Writer, id: number, timestamp: string): Promise<void> {
  await writer.run('UPDATE user_project_spans SET last_seen = $1 WHERE id = $2', timestamp, id);
}

/** Adds a span of one snapshot and returns its id. */
export async function insertSpan(
  writer: Writer,
  system: string,
  { username, project_code, queue_name }: SpanKey,
  counters: string,
  timestamp: string,
): Promise<number> {
  return inserted(
    await writer.get<{ id: number }>(
      `INSERT INTO user_project_spans (system, username, project_code, queue_name, counters, first_seen, last_seen)
       VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id`,
      system,
      username,
      project_code,
      queue_name,
      counters,
      timestamp,
    ),
  );
}
