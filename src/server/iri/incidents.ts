import type { KnownEvent } from './events.ts';
import type { KnownIncident } from './known-incidents.ts';
import type { IriIncident } from './schemas.ts';
import { apiTime, type Uris } from './uris.ts';

/** The filters of a list. Times are canonical text (timestamp.ts). */
type IncidentQuery = Readonly<
  Partial<
    Record<
      | 'name'
      | 'description'
      | 'status'
      | 'type'
      | 'resolution'
      | 'resource_id'
      | 'from'
      | 'to'
      | 'time'
      | 'modified_since',
      string | undefined
    >
  >
>;

/** Returns the incidents that fit the parameters of a request, in their order. */
export function incidentsFor(incidents: readonly KnownIncident[], query: IncidentQuery): KnownIncident[] {
  const { from = '', to, time, resource_id: resource, modified_since: since = '' } = query;
  return incidents.filter(
    (one) =>
      one.name === (query.name ?? one.name) &&
      (one.description ?? '').includes(query.description ?? '') &&
      one.status === (query.status ?? one.status) &&
      one.type === (query.type ?? one.type) &&
      one.resolution === (query.resolution ?? one.resolution) &&
      (resource === undefined || one.resources.includes(resource)) &&
      one.start >= from &&
      one.modified >= since &&
      // An incident without an end never has one before `to`.
      (to === undefined || (one.end !== null && one.end < to)) &&
      (time === undefined || (one.start <= time && (one.end === null || one.end > time))),
  );
}

/** Returns an incident as the API shows it. */
export function shownIncident(incident: KnownIncident, events: readonly KnownEvent[], uris: Uris): IriIncident {
  const { id, name, description, modified, status, start, end, type, resolution, resources } = incident;
  return {
    id,
    name,
    description,
    last_modified: apiTime(modified),
    status,
    start: apiTime(start),
    end: end === null ? null : apiTime(end),
    type,
    resolution,
    self_uri: uris.incident(id),
    event_uris: events.map((event) => uris.event(event.id)),
    resource_uris: resources.map(uris.resource),
  };
}
