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

/** A reservation from a snapshot on, until the next change. Times are canonical text (timestamp.ts). */
export type ReservationChange = {
  /** The timestamp of the first snapshot that reported it so. */
  readonly at: string;
  /** The timestamp of the last snapshot that reported it before, if that was long ago; null otherwise. */
  readonly silent_since: string | null;
  readonly start_time: string;
  readonly end_time: string;
  readonly node_count: number | null;
  readonly partition: string | null;
  readonly description: string | null;
};

/** A reservation as its newest snapshot reported it, with the timestamp of that snapshot and the time of its first receipt. */
export type LastReport = Omit<ReservationChange, 'at' | 'silent_since'> & {
  readonly reported_at: string;
  readonly created_at: string;
};

/** Returns the newest report of a reservation, null for an unknown one. */
export function lastReport(reader: Reader, system: string, name: string): Promise<LastReport | null> {
  return reader.get<LastReport>(
    `SELECT start_time, end_time, node_count, partition, description, reported_at, created_at
     FROM reservations WHERE system = $1 AND name = $2`,
    system,
    name,
  );
}

/** Stores a change of a reservation. A snapshot that names a reservation twice has one change. */
export async function storeReservationChange(
  writer: Writer,
  system: string,
  name: string,
  change: ReservationChange,
): Promise<void> {
  const { at, silent_since, start_time, end_time, node_count, partition, description } = change;
  await writer.insertMany(
    {
      table: 'reservation_changes',
      columns: [
        ...['system', 'name', 'at', 'silent_since', 'start_time', 'end_time'],
        ...['node_count', 'partition', 'description'],
      ],
      key: ['system', 'name', 'at'],
    },
    [[system, name, at, silent_since, start_time, end_time, node_count, partition, description]],
  );
}

/** Returns the changes of a reservation, the oldest first. */
export function reservationChanges(reader: Reader, system: string, name: string): Promise<ReservationChange[]> {
  return reader.all<ReservationChange>(
    `SELECT at, silent_since, start_time, end_time, node_count, partition, description
     FROM reservation_changes WHERE system = $1 AND name = $2 ORDER BY at`,
    system,
    name,
  );
}
