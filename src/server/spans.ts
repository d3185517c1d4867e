import type { Database } from 'bun:sqlite';
import type { UserProjectQueue } from './entries.ts';
import { millisecondsOf, timestampOf } from './timestamp.ts';

/** The time of four missed snapshots. The counters during a longer gap are unknown, so the span ends before it. */
const maxGapMs = 20 * 60_000;

/**
 * Stores the counters of users, projects and queues as spans: while the counters of a row stay the same, only the end
 * of its span moves. Call it with snapshots in the order of their timestamps. Returns the ids of the new spans.
 */
export function storeSpans(
  database: Database,
  system: string,
  timestamp: string,
  rows: readonly UserProjectQueue[],
): number[] {
  // Read all open spans at once: a query for each of some thousand rows takes ten times as long.
  const oldestEnd = timestampOf(new Date(millisecondsOf(timestamp) - maxGapMs));
  const open = database
    .query<Span, [string, string]>(
      `SELECT id, username, project_code, queue_name, counters FROM user_project_spans
       WHERE system = ? AND last_seen >= ? ORDER BY id`,
    )
    .all(system, oldestEnd);
  // The span that was added last continues.
  const lastOf = new Map(open.map((span) => [keyOf(span), span]));
  const extend = database.query<null, [string, number]>('UPDATE user_project_spans SET last_seen = ? WHERE id = ?');
  const insert = database.query<null, string[]>(
    `INSERT INTO user_project_spans (system, username, project_code, queue_name, counters, first_seen, last_seen)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  return rows.flatMap((row) => {
    const counters = JSON.stringify(countersOf(row));
    const last = lastOf.get(keyOf(row));
    if (last?.counters === counters) {
      extend.run(timestamp, last.id);
      return [];
    }
    const { username, project_code, queue_name } = row;
    const added = insert.run(system, username, project_code, queue_name, counters, timestamp, timestamp);
    return [Number(added.lastInsertRowid)];
  });
}

/** When a span began: the timestamp of its first snapshot, and the time at which that snapshot was received. */
export type SpanStart = { readonly first_seen: string; readonly created_at: string };

/** Returns a function that finds the span of a row in the newest snapshot of a system, which has that timestamp. */
export function spansAt(database: Database, system: string, timestamp: string): (row: Key) => SpanStart | undefined {
  const spans = database
    .query<Key & SpanStart, [string, string]>(
      `SELECT username, project_code, queue_name, first_seen,
         (SELECT max(received_at) FROM snapshots s WHERE s.system = u.system AND s.timestamp = u.first_seen)
           AS created_at
       FROM user_project_spans u WHERE system = ? AND last_seen = ? ORDER BY id`,
    )
    .all(system, timestamp);
  const startOf = new Map(spans.map((span) => [keyOf(span), span]));
  return (row) => startOf.get(keyOf(row));
}

type Key = { readonly username: string; readonly project_code: string; readonly queue_name: string };
type Span = Key & { readonly id: number; readonly counters: string };

function keyOf({ username, project_code, queue_name }: Key): string {
  return JSON.stringify([username, project_code, queue_name]);
}

function countersOf(row: UserProjectQueue) {
  return {
    running_jobs: row.running_jobs,
    pending_jobs: row.pending_jobs,
    held_jobs: row.held_jobs,
    cores_allocated: row.cores_allocated,
    gpus_allocated: row.gpus_allocated,
    nodes_allocated: row.nodes_allocated,
    cores_pending: row.cores_pending,
    gpus_pending: row.gpus_pending,
    cores_held: row.cores_held,
    gpus_held: row.gpus_held,
  };
}
