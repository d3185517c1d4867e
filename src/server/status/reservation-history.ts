import type { z } from 'zod';
import { RequestProblem } from '../http/problem.ts';
import type { Reader, Writer } from '../store/port.ts';
import { lastReport, reservationChanges, storeReservationChange } from '../store/reservations.ts';
import { millisecondsOf } from '../timestamp.ts';
import type { reservationHistorySchema } from './answers.ts';
import type { Reservation } from './entries.ts';

/** No snapshot reports that a reservation was cancelled, so one that is not reported for this time counts as gone. */
export const silentMs = 30 * 60_000;

/** What snapshots reported about a reservation over time. */
export type ReservationHistory = Readonly<z.output<typeof reservationHistorySchema>>;

const changing = ['start_time', 'end_time', 'node_count', 'partition', 'description'] as const;

/**
 * Stores how a reservation is from a snapshot on, if the snapshot is the first that reports it, reports it otherwise than
 * the newest before, or after a silence. A late snapshot changes nothing, as in the list of reservations. Call it before
 * the reservation itself is stored.
 */
export async function storeChange(writer: Writer, system: string, at: string, entry: Reservation): Promise<void> {
  const name = entry.reservation_name;
  const before = await lastReport(writer, system, name);
  if (before !== null && before.reported_at > at) return;
  const isSilent = before !== null && millisecondsOf(at) - millisecondsOf(before.reported_at) > silentMs;
  if (before !== null && !isSilent && changing.every((field) => before[field] === entry[field])) return;
  const { start_time, end_time, node_count, partition, description } = entry;
  const silent_since = isSilent ? before.reported_at : null;
  await storeReservationChange(writer, system, name, {
    ...{ at, silent_since, start_time, end_time, node_count, partition, description },
  });
}

/**
 * Returns what snapshots reported about a reservation, from the first to the last.
 * @throws RequestProblem 404 for an unknown one
 */
export async function reservationHistory(reader: Reader, system: string, name: string): Promise<ReservationHistory> {
  const last = await lastReport(reader, system, name);
  if (last === null) throw new RequestProblem(404, `${system} has no reservation ${name}`);
  const changes = await reservationChanges(reader, system, name);
  return { system, name, last_reported: last.reported_at, changes };
}
