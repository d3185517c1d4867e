import { type OverviewData, sameName } from '../../data/overview.ts';
import type { Outage, Reservation } from '../../data/status.ts';
import { exact } from '../../format/numbers.ts';
import { duration, now, parseTime } from '../../format/times.ts';

/** What is planned next for a system. `at` is ms since 1970. */
export type Next = { readonly at: number; readonly text: string };

/** Returns the next maintenance of a system that has not begun, or if none is planned the next reservation. */
export function nextFor(name: string, { outages, reservations }: OverviewData): Next | null {
  const isMine = (row: { readonly system_name: string; readonly start_time: string }) =>
    sameName(row.system_name, name) && (parseTime(row.start_time) ?? 0) > now.value;
  const nextOutages = outages.filter(isMine).map((outage: Outage): Next => {
    const end = parseTime(outage.estimated_resolution ?? outage.end_time);
    const at = parseTime(outage.start_time) ?? 0;
    return { at, text: `${outage.title}${end === null ? '' : `, for ${duration(end - at)}`}` };
  });
  const nextReservations = reservations.filter(isMine).map((reservation: Reservation): Next => {
    const nodes = reservation.node_count === null ? '' : `, ${exact(reservation.node_count)} nodes`;
    return { at: parseTime(reservation.start_time) ?? 0, text: `Reservation ${reservation.reservation_name}${nodes}` };
  });
  const earliest = (all: readonly Next[]) => [...all].sort((one, other) => one.at - other.at)[0] ?? null;
  // Maintenance concerns everybody, and a reservation of some nodes only a few.
  return earliest(nextOutages) ?? earliest(nextReservations);
}
