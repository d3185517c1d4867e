import { flagParameter } from '../http/query.ts';
import type { Reader, Writer } from '../store/port.ts';
import { listReservations, type ReservationRow, storeReservation } from '../store/reservations.ts';
import { millisecondsOf, timestampOf } from '../timestamp.ts';
import type { Reservation } from './entries.ts';
import { silentMs, storeChange } from './reservation-history.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * Stores a snapshot's reservations, one row for each system and name. A late snapshot changes nothing that a newer one
 * reported. Returns their ids as the answer has them: no member without reservations.
 */
export async function storeReservations(
  writer: Writer,
  system: string,
  timestamp: string,
  receivedAt: string,
  reservations: readonly Reservation[],
): Promise<Members> {
  if (reservations.length === 0) return {};
  const ids: number[] = [];
  for (const entry of reservations) {
    await storeChange(writer, system, timestamp, entry);
    ids.push(
      await storeReservation(writer, {
        system,
        name: entry.reservation_name,
        description: entry.description,
        start: entry.start_time,
        end: entry.end_time,
        nodeCount: entry.node_count,
        partition: entry.partition,
        reportedAt: timestamp,
        receivedAt,
      }),
    );
  }
  return { reservation_ids: ids };
}

/** A reservation as the SAM API lists it. Times are canonical text (timestamp.ts). */
export type ReservationEntry = {
  readonly reservation_id: number;
  readonly system_name: string;
  readonly reservation_name: string;
  readonly description: string | null;
  readonly start_time: string;
  readonly end_time: string;
  readonly node_count: number | null;
  readonly partition: string | null;
  readonly created_at: string;
  readonly updated_at: string;
};

/** True if a reservation was reported in the 30 minutes before its system's newest snapshot. */
export function isReported({ newest, reported_at }: ReservationRow): boolean {
  return newest !== null && millisecondsOf(newest) - millisecondsOf(reported_at) <= silentMs;
}

/**
 * Returns the reservations, next start first. Query parameters: `system_name`; `upcoming_only` (default true: without
 * those that have ended). A reservation is left out if it was not reported in the 30 minutes before its system's newest
 * snapshot, or if that came more than 30 minutes ago.
 * @throws RequestProblem 400 if `upcoming_only` is neither true nor false
 */
export async function reservationsFor(reader: Reader, query: URLSearchParams, now: Date): Promise<ReservationEntry[]> {
  const upcomingOnly = flagParameter(query, 'upcoming_only', true);
  const endsAfter = upcomingOnly ? timestampOf(now) : '';
  const rows = await listReservations(reader, query.get('system_name') || null, endsAfter);
  return rows
    .filter(isReported)
    .filter((row) => now.getTime() - millisecondsOf(row.newest_received ?? '') <= silentMs)
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
