import { type ReservationEntry, reservationsFor } from '../status/reservations.ts';
import { dayMs } from '../status/samples.ts';
import { listOutages, type StoredOutageRow } from '../store/outages.ts';
import type { Reader } from '../store/port.ts';
import { millisecondsOf, timestampOf } from '../timestamp.ts';

/** An outage, maintenance or reservation, as feeds and calendars show it. Times are milliseconds since 1970. */
export type FeedEvent = {
  /** Unique in this receiver, such as `outage-7`. */
  readonly id: string;
  readonly kind: 'outage' | 'maintenance' | 'reservation';
  readonly system: string;
  readonly title: string;
  readonly text: string;
  readonly start: number;
  /** The end, or the expected end; null if it is unknown. */
  readonly end: number | null;
  readonly updated: number;
  /** The page about it: a path of the dashboard. */
  readonly page: string;
};

/** Resolved outages are listed for so long. */
const keptDays = 90;

/** Returns the outages of the last 90 days and all that is planned, and the reservations that have not ended. */
export async function feedEvents(reader: Reader, now: Date): Promise<FeedEvent[]> {
  const filter = { system: null, status: null, includeResolved: true, now: timestampOf(now) };
  const oldest = now.getTime() - keptDays * dayMs;
  const outages = (await listOutages(reader, filter))
    .map(outageEvent)
    .filter(({ end }) => end === null || end > oldest);
  return [...outages, ...(await reservationsFor(reader, new URLSearchParams(), now)).map(reservationEvent)];
}

function outageEvent(outage: StoredOutageRow): FeedEvent {
  const { severity, status, component, description } = outage;
  const end = outage.end_time ?? outage.estimated_resolution;
  return {
    id: `outage-${outage.outage_id}`,
    kind: severity === 'maintenance' ? 'maintenance' : 'outage',
    system: outage.system_name,
    title: outage.title,
    text: [`${severity}, ${status}${component === null ? '' : `, ${component}`}`, description ?? ''].join('\n').trim(),
    start: millisecondsOf(outage.start_time),
    end: end === null ? null : millisecondsOf(end),
    updated: millisecondsOf(outage.updated_at ?? outage.created_at),
    page: `/outages?id=${outage.outage_id}`,
  };
}

function reservationEvent(reservation: ReservationEntry): FeedEvent {
  const { node_count: nodes, description } = reservation;
  return {
    id: `reservation-${reservation.reservation_id}`,
    kind: 'reservation',
    system: reservation.system_name,
    title: `Reservation ${reservation.reservation_name}`,
    text: [nodes === null ? '' : `${nodes} nodes`, description ?? ''].filter((text) => text !== '').join('\n'),
    start: millisecondsOf(reservation.start_time),
    end: millisecondsOf(reservation.end_time),
    updated: millisecondsOf(reservation.created_at),
    page: '/events',
  };
}
