import type { Database } from 'bun:sqlite';
import type { UserProjectQueue } from './schemas.ts';
import { millisecondsOf } from './timestamp.ts';

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
  const last = database.query<{ id: number; counters: string; last_seen: string }, [string, string, string, string]>(
    `SELECT id, counters, last_seen FROM user_project_spans
     WHERE system = ? AND username = ? AND project_code = ? AND queue_name = ? ORDER BY last_seen DESC LIMIT 1`,
  );
  const extend = database.query('UPDATE user_project_spans SET last_seen = ? WHERE id = ?');
  const insert = database.query(
    `INSERT INTO user_project_spans (system, username, project_code, queue_name, counters, first_seen, last_seen)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  return rows.flatMap((row) => {
    const counters = JSON.stringify(countersOf(row));
    const before = last.get(system, row.username, row.project_code, row.queue_name);
    const gap = before ? millisecondsOf(timestamp) - millisecondsOf(before.last_seen) : Number.POSITIVE_INFINITY;
    if (before && before.counters === counters && gap <= maxGapMs) {
      extend.run(timestamp, before.id);
      return [];
    }
    const added = insert.run(system, row.username, row.project_code, row.queue_name, counters, timestamp, timestamp);
    return [Number(added.lastInsertRowid)];
  });
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
