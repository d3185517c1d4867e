import { type State, stateOfSeverity } from '../components/state.tsx';
import { parseTime } from '../format/times.ts';
import { historyPage } from './addresses.ts';
import type { Outage, Reservation } from './status.ts';

/** Something with a beginning and an end on a calendar. Times are ms since 1970. */
export type CalendarEvent = {
  readonly id: string;
  readonly kind: 'maintenance' | 'outage' | 'reservation';
  readonly system: string;
  readonly title: string;
  readonly start: number;
  /** The end, or the expected end; null if it is unknown. */
  readonly end: number | null;
  /** The state that it puts its system into; null for a reservation. */
  readonly state: State | null;
  readonly nodes: number | null;
  /** The page about it. */
  readonly page: string;
};

/** Returns outages and reservations as events, the earliest first. */
export function eventsOf(outages: readonly Outage[], reservations: readonly Reservation[]): CalendarEvent[] {
  const all = [
    ...outages.map(
      (outage): CalendarEvent => ({
        id: `outage-${outage.outage_id}`,
        kind: outage.severity === 'maintenance' ? 'maintenance' : 'outage',
        system: outage.system_name,
        title: outage.title,
        start: parseTime(outage.start_time) ?? 0,
        end: parseTime(outage.end_time ?? outage.estimated_resolution),
        state: stateOfSeverity(outage.severity),
        nodes: null,
        page: `/outages?id=${outage.outage_id}`,
      }),
    ),
    ...reservations.map(
      (reservation): CalendarEvent => ({
        id: `reservation-${reservation.reservation_id}`,
        kind: 'reservation',
        system: reservation.system_name,
        title: reservation.reservation_name,
        start: parseTime(reservation.start_time) ?? 0,
        end: parseTime(reservation.end_time),
        state: null,
        nodes: reservation.node_count,
        page: historyPage(reservation.system_name, 'reservations', reservation.reservation_name),
      }),
    ),
  ];
  return all.sort((one, other) => one.start - other.start);
}
