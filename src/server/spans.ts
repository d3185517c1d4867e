import type { Database } from 'bun:sqlite';
import type { UserProjectQueue } from './entries.ts';
import { millisecondsOf, timestampOf } from './timestamp.ts';

/** Four missed snapshots: what happened in between is not known, so the span ends. */
const maxGapMs = 20 * 60_000;

/**
 * Stores the counters of users, projects and queues as spans: while a row stays the same only its end moves.
 * Snapshots must come in the order of their time. Returns the ids of the spans that are new.
 */
export function storeSpans(
  database: Database,
  system: string,
  timestamp: string,
  rows: readonly UserProjectQueue[],
): number[] {
  // All at once: a query for each of some thousand rows takes ten times as long.
  const oldestEnd = timestampOf(new Date(millisecondsOf(timestamp) - maxGapMs));
  const open = database
    .query<Span, [string, string]>(
      `SELECT id, username, project_code, queue_name, counters FROM user_project_spans
       WHERE system = ? AND last_seen >= ? ORDER BY id`,
    )
    .all(system, oldestEnd);
  // Of a row's spans the one that was added last is the one that goes on.
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
