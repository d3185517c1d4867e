import type { Reader, Writer } from './port.ts';
import { inserted } from './snapshots.ts';

/** A reservation as a snapshot reports it. Times are canonical text (timestamp.ts). */
export type ReportedReservation = {
  readonly system: string;
  readonly name: string;
  readonly description: string | null;
  readonly start: string;
  readonly end: string;
  readonly nodeCount: number | null;
  readonly partition: string | null;
  /** The timestamp of the snapshot. */
  readonly reportedAt: string;
  readonly receivedAt: string;
};

/** A stored reservation, with the newest timestamp of its system's snapshots. */
export type ReservationRow = {
  readonly id: number;
  readonly system: string;
  readonly name: string;
  readonly description: string | null;
  readonly start_time: string;
  readonly end_time: string;
  /** The first end that was reported for it. A reservation that begins after its end is another one with its name. */
  readonly first_end_time: string;
  readonly node_count: number | null;
  readonly partition: string | null;
  readonly reported_at: string;
  readonly created_at: string;
  /** The timestamp of the first snapshot that reports it with its present values. */
  readonly changed_at: string;
  /** Null if all snapshots of the system were deleted. */
  readonly newest: string | null;
  /** When the snapshot with that timestamp was received. */
  readonly newest_received: string | null;
};

/** Stores a reservation, or changes the one with its system and name unless a newer snapshot did. Returns its id. */
export async function storeReservation(writer: Writer, reservation: ReportedReservation): Promise<number> {
  const row = await writer.get<{ id: number }>(
    `INSERT INTO reservations
       (system, name, description, start_time, end_time, first_end_time, node_count, partition, reported_at, created_at,
        changed_at)
     VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $8)
     ON CONFLICT (system, name) DO UPDATE SET
       changed_at = CASE WHEN excluded.start_time <> reservations.start_time
           OR excluded.end_time <> reservations.end_time
           OR coalesce(excluded.description, '') <> coalesce(reservations.description, '')
           OR coalesce(excluded.partition, '') <> coalesce(reservations.partition, '')
         THEN excluded.reported_at ELSE reservations.changed_at END,
       first_end_time = CASE WHEN excluded.start_time >= reservations.end_time THEN excluded.end_time
         ELSE reservations.first_end_time END,
       description = excluded.description, start_time = excluded.start_time, end_time = excluded.end_time,
       node_count = excluded.node_count, partition = excluded.partition, reported_at = excluded.reported_at
     WHERE excluded.reported_at >= reservations.reported_at
     RETURNING id`,
    reservation.system,
    reservation.name,
    reservation.description,
    reservation.start,
    reservation.end,
    reservation.nodeCount,
    reservation.partition,
    reservation.reportedAt,
    reservation.receivedAt,
  );
  // A late snapshot changes no row, so the statement returns none.
  const stored =
    row ??
    (await writer.get<{ id: number }>(
      'SELECT id FROM reservations WHERE system = $1 AND name = $2',
      reservation.system,
      reservation.name,
    ));
  return inserted(stored);
}

/** Returns the reservations that end at `endsAfter` or later, next start first. */
export function listReservations(reader: Reader, system: string | null, endsAfter: string): Promise<ReservationRow[]> {
  return reader.all<ReservationRow>(
    `SELECT r.id, r.system, r.name, r.description, r.start_time, r.end_time, r.first_end_time, r.node_count,
       r.partition, r.reported_at, r.created_at, r.changed_at,
       (SELECT max(s.timestamp) FROM snapshots s WHERE s.system = r.system) AS newest,
       (SELECT n.received_at FROM snapshots n WHERE n.system = r.system ORDER BY n.timestamp DESC, n.id DESC LIMIT 1)
         AS newest_received
     FROM reservations r
     WHERE r.system = coalesce($1, r.system) AND r.end_time >= $2 ORDER BY r.start_time, r.id`,
    system,
    endsAfter,
  );
}
