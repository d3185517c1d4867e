import { resourceId } from '../status/conditions.ts';
import { isReported } from '../status/reservations.ts';
import { type SystemState, takesDown } from '../status/state.ts';
import type { HistoricOutage } from '../store/outages.ts';
import type { ReservationRow } from '../store/reservations.ts';
import type { KnownResource } from './known-resources.ts';
import type { IriIncident } from './schemas.ts';

/** The status that an outage gives to a resource from its start to its end; the end is null while the outage is open. */
export type Effect = {
  readonly incident: string;
  readonly resource: string;
  readonly status: SystemState;
  readonly from: string;
  readonly until: string | null;
};

/** An incident before its URIs are known. Times are canonical text (timestamp.ts). */
export type KnownIncident = Pick<IriIncident, 'id' | 'status' | 'start' | 'end' | 'type' | 'resolution'> & {
  readonly name: string;
  readonly description: string | null;
  readonly modified: string;
  /** The ids of the resources that may be affected. */
  readonly resources: readonly string[];
  readonly effects: readonly Effect[];
};

type Resources = ReadonlyMap<string, KnownResource>;

/**
 * Returns the incident of an outage. It affects its system, and the login nodes, filesystem or queue that its component
 * names. Maintenance is planned.
 */
export function incidentOfOutage(row: HistoricOutage, resources: Resources, now: string): KnownIncident {
  const id = `outage.${row.outage_id}`;
  const isPlanned = row.severity === 'maintenance';
  const changed = row.updated_at ?? row.created_at;
  const isResolved = row.status === 'resolved';
  const over = isResolved ? (row.end_time ?? changed) : row.end_time;
  const isOver = over !== null && over <= now;
  const plannedEnd = isPlanned && (row.estimated_resolution ?? '') > now ? row.estimated_resolution : null;
  const end = over === null ? plannedEnd : later(over, row.start_time);
  const isExtended = (end ?? '') > (row.first_end_time ?? '~');
  const system = row.system_name.toLowerCase();
  const affected = [system, ...partsNamed(row.component, system, resources)].filter((one) => resources.has(one));
  const status = takesDown({ ...row, component: null }) ? 'down' : 'degraded';
  const wasCancelled = isResolved && over !== null && over <= row.start_time;
  return {
    id,
    name: row.title,
    description: row.description,
    modified: latest([changed, row.start_time, over ?? ''], now),
    status,
    start: row.start_time,
    end,
    type: isPlanned ? 'planned' : 'unplanned',
    resolution: resolutionOf({ wasCancelled, isOver, isExtended, isAhead: row.start_time > now }),
    resources: affected,
    effects: wasCancelled
      ? []
      : affected.map((resource) => ({
          incident: id,
          resource,
          status: resource === system && !takesDown(row) ? 'degraded' : status,
          from: row.start_time,
          until: over === null ? null : end,
        })),
  };
}

/** Returns the incident of a reservation. It takes nodes and changes the status of nothing. */
export function incidentOfReservation(row: ReservationRow, resources: Resources, now: string): KnownIncident {
  const hasVanished = !isReported(row) && row.end_time > row.reported_at;
  // Nothing reports when a reservation was deleted. It was still there when it was last reported.
  const end = hasVanished ? later(row.reported_at, row.start_time) : row.end_time;
  const queue = resourceId(row.system, { kind: 'queue', name: row.partition ?? '' });
  return {
    id: `reservation.${row.id}`,
    name: row.name,
    description: row.description,
    modified: latest([row.changed_at, row.start_time, end, hasVanished ? row.reported_at : ''], now),
    status: 'up',
    start: row.start_time,
    end,
    type: 'reservation',
    resolution: resolutionOf({
      wasCancelled: hasVanished && row.reported_at < row.start_time,
      isOver: hasVanished || row.end_time <= now,
      isExtended: row.end_time > row.first_end_time,
      isAhead: row.start_time > now,
    }),
    resources: [resources.has(queue) ? queue : row.system].filter((one) => resources.has(one)),
    effects: [],
  };
}

type Course = {
  readonly wasCancelled: boolean;
  readonly isOver: boolean;
  readonly isExtended: boolean;
  readonly isAhead: boolean;
};

function resolutionOf({ wasCancelled, isOver, isExtended, isAhead }: Course): IriIncident['resolution'] {
  if (wasCancelled) return 'cancelled';
  if (isOver) return 'completed';
  if (isExtended) return 'extended';
  return isAhead ? 'pending' : 'unresolved';
}

/** Returns the ids of the parts of a system that a component names: `Login nodes`, `Filesystem scratch`, `scratch`. */
function partsNamed(component: string | null, system: string, resources: Resources): string[] {
  const words = component?.trim().toLowerCase() ?? '';
  if (words === '') return [];
  return [...resources.values()]
    .filter(({ kind, name }) => words === name.toLowerCase() || words === `${kind} ${name.toLowerCase()}`)
    .filter((resource) => resource.system === system && resource.resource !== system)
    .map(({ resource }) => resource);
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}

/** Returns the latest of the times that have passed. */
function latest(times: readonly string[], now: string): string {
  return times.filter((time) => time <= now).reduce(later, '') || now;
}
