import type { Database } from 'bun:sqlite';
import type { Answer } from './deliveries.ts';
import type { Reservation } from './entries.ts';
import { flagParameter } from './query.ts';
import { millisecondsOf, timestampOf } from './timestamp.ts';

/** Nobody reports that a reservation was cancelled: it is gone when it is no longer reported. */
const staleMs = 30 * 60_000;

type Row = {
  id: number;
  system: string;
  name: string;
  description: string | null;
  start_time: string;
  end_time: string;
  node_count: number | null;
  partition: string | null;
  reported_at: string;
  created_at: string;
  newest: string;
};

/**
 * Stores a snapshot's reservations, one row for each system and name; a late snapshot changes nothing that a newer
 * one reported. Returns their ids as the answer has them: nothing when there are no reservations.
 */
export function storeReservations(
  database: Database,
  system: string,
  timestamp: string,
  receivedAt: string,
  reservations: readonly Reservation[],
): Answer {
  if (reservations.length === 0) return {};
  const upsert = database.query<null, (string | number | null)[]>(
    `INSERT INTO reservations
       (system, name, description, start_time, end_time, node_count, partition, reported_at, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (system, name) DO UPDATE SET
       description = excluded.description, start_time = excluded.start_time, end_time = excluded.end_time,
       node_count = excluded.node_count, partition = excluded.partition, reported_at = excluded.reported_at
     WHERE excluded.reported_at >= reservations.reported_at`,
  );
  const idOf = database.query<{ id: number }, [string, string]>(
    'SELECT id FROM reservations WHERE system = ? AND name = ?',
  );
  const ids = reservations.map((entry) => {
    upsert.run(
      system,
      entry.reservation_name,
      entry.description,
      entry.start_time,
      entry.end_time,
      entry.node_count,
      entry.partition,
      timestamp,
      receivedAt,
    );
    return idOf.get(system, entry.reservation_name)?.id;
  });
  return { reservation_ids: ids };
}

/**
 * The reservations, next to start first. Query: `system_name`; `upcoming_only` (default true: not over yet). Those
 * that were not reported for 30 minutes before their system's newest snapshot are left out.
 * @throws RequestProblem 400 for an `upcoming_only` that is neither true nor false
 */
export function listReservations(database: Database, query: URLSearchParams, now: Date): readonly Answer[] {
  const system = query.get('system_name') || null;
  const upcomingOnly = flagParameter(query, 'upcoming_only', true);
  const rows = database
    .query<Row, [string | null, string]>(
      `SELECT r.*, (SELECT max(s.timestamp) FROM snapshots s WHERE s.system = r.system) AS newest FROM reservations r
       WHERE r.system = coalesce(?1, r.system) AND r.end_time >= ?2 ORDER BY r.start_time, r.id`,
    )
    .all(system, upcomingOnly ? timestampOf(now) : '');
  return rows
    .filter((row) => millisecondsOf(row.newest) - millisecondsOf(row.reported_at) <= staleMs)
    .map((row) => ({
      reservation_id: row.id,
      system_name: row.system,
      reservation_name: row.name,
      description: row.description,
      start_time: row.start_time,
      end_time: row.end_time,
      node_count: row.node_count,
      partition: row.partition,
      created_at: row.created_at,
      updated_at: row.reported_at,
    }));
}
