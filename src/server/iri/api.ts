import type { z } from 'zod';
import type { ReceiverSettings } from '../../config/receiver.ts';
import { type Answered, json } from '../http/answer.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import type { Store } from '../store/port.ts';
import { eventById, eventsOf, eventsOfIncident, justAfter, shownEvent } from './events.ts';
import { shownFacility, shownSite } from './facility.ts';
import { incidentsFor, shownIncident } from './incidents.ts';
import { queries, readQuery } from './query.ts';
import { resourcesFor, shownResource } from './resources.ts';
import { readIncidents, readShownData, type ShownData } from './shown-data.ts';
import { apiTime, type Uris, urisFor, type Version } from './uris.ts';

/** The store and settings that the handlers of a version use. */
export type IriParts = {
  readonly store: Store;
  readonly settings: ReceiverSettings;
  readonly version: Version;
};

/** The data of one request from which the answer is made. */
type Asked<Query> = IriParts & {
  readonly data: ShownData;
  readonly uris: Uris;
  readonly query: Query;
  /** The id in the path; empty without one. */
  readonly id: string;
};

/** Returns the handler of an operation, which reads the parameters and answers what `find` returns. */
function operation<Shape extends z.ZodRawShape>(
  parts: IriParts,
  schema: z.ZodObject<Shape>,
  find: (asked: Asked<z.output<z.ZodObject<Shape>>>) => unknown,
) {
  return async ({ url, client, parameters }: Call): Promise<Answered> => {
    const query = readQuery(url.searchParams, schema);
    const data = await readShownData(parts.store, parts.settings, new Date());
    const uris = urisFor(client, parts.version);
    const found = await find({ ...parts, data, uris, query, id: parameters.name ?? '' });
    return { response: json(200, JSON.stringify(found)) };
  };
}

/** Returns the handler that shows the facility. */
export const getFacility = (parts: IriParts) =>
  operation(parts, queries.modified, ({ data, uris, query }) => {
    const facility = shownFacility(data, uris);
    return isNewer(facility, query) ? withoutNulls(facility) : missing('Facility not found');
  });

/** Returns the handler that lists the sites: the one of receiver.yaml. */
export const getSites = (parts: IriParts) =>
  operation(parts, queries.sites, ({ data, uris, query }) => {
    const site = shownSite(data, uris);
    const { name = site.name, short_name = site.short_name } = query;
    const found = [site].filter((one) => one.name === name && one.short_name === short_name && isNewer(one, query));
    return someOf(pageOf(found, query).map(withoutNulls), 'No sites found');
  });

/** Returns the handler that shows a site. */
export const getSite = (parts: IriParts) =>
  operation(parts, queries.modified, ({ data, uris, query, id }) => {
    const site = shownSite(data, uris);
    return site.id === id && isNewer(site, query) ? withoutNulls(site) : missing('Site not found');
  });

/** Returns the handler that lists resources. */
export const getResources = (parts: IriParts) =>
  operation(parts, queries.resources[parts.version], ({ data, uris, version, query }) =>
    pageOf(
      resourcesFor(data, uris, version, query).filter((one) => isNewer(one, query)),
      query,
    ).map(withoutNulls),
  );

/** Returns the handler that shows a resource. */
export const getResource = (parts: IriParts) =>
  operation(
    parts,
    queries.none,
    ({ data, uris, version, id }) => shownResource(data, id, uris, version) ?? missing('Item not found'),
  );

/** Returns the handler that lists incidents, the newest start first. */
export const getIncidents = (parts: IriParts) =>
  operation(parts, queries.incidents, async ({ store, data, uris, query }) => {
    const found = incidentsFor(await readIncidents(store, data), query);
    const shown = pageOf(found, query).map(async (incident) =>
      shownIncident(incident, await eventsOfIncident(store, data, incident), uris),
    );
    return someOf(await Promise.all(shown), 'No incidents found');
  });

/** Returns the handler that shows an incident. */
export const getIncident = (parts: IriParts) =>
  operation(parts, queries.none, async ({ store, data, uris, id }) => {
    const incident = (await readIncidents(store, data)).find((one) => one.id === id) ?? missing('Item not found');
    return shownIncident(incident, await eventsOfIncident(store, data, incident), uris);
  });

/** Returns the handler that lists events, newest first. */
export const getEvents = (parts: IriParts) =>
  operation(parts, queries.events, async ({ store, data, uris, query }) => {
    const { resource_id: resource = null, offset, limit, time } = query;
    const from = latestOf([query.from, query.modified_since, time]);
    const before = earliestOf([query.to, time === undefined ? undefined : justAfter(time)]);
    const found: ReturnType<typeof shownEvent>[] = [];
    let skipped = 0;
    if (limit > 0) {
      for await (const event of eventsOf(store, data, { resource, from, before })) {
        const { name, description } = shownEvent(event, data, uris);
        const isWanted =
          event.status === (query.status ?? event.status) &&
          event.incident === (query.incident_id ?? event.incident) &&
          name === (query.name ?? name) &&
          (query.description === undefined || (description ?? '').includes(query.description));
        if (!isWanted) continue;
        if (skipped < offset) skipped += 1;
        else found.push(shownEvent(event, data, uris));
        if (found.length === limit) break;
      }
    }
    return someOf(found, 'No events found');
  });

/** Returns the handler that shows an event. */
export const getEvent = (parts: IriParts) =>
  operation(parts, queries.none, async ({ store, data, uris, id }) => {
    const event = (await eventById(store, data, id)) ?? missing('Item not found');
    return shownEvent(event, data, uris);
  });

/** @throws RequestProblem 404 */
function missing(message: string): never {
  throw new RequestProblem(404, message);
}

/** The reference server refuses an empty list of sites, incidents or events. @throws RequestProblem 404 */
function someOf<Item>(items: readonly Item[], message: string): readonly Item[] {
  return items.length > 0 ? items : missing(message);
}

function pageOf<Item>(
  items: readonly Item[],
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Item[] {
  return items.slice(offset, offset + limit);
}

function isNewer(
  { last_modified }: { readonly last_modified: string },
  { modified_since }: { readonly modified_since?: string | undefined },
): boolean {
  return modified_since === undefined || last_modified >= apiTime(modified_since);
}

/** Returns an object without its members that are null. The key of a site's operator is required. */
function withoutNulls(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(value).filter(([key, member]) => key === 'operating_organization' || member !== null),
  );
}

function latestOf(times: readonly (string | undefined)[]): string | null {
  return times.reduce<string | null>(
    (latest, time) => (time !== undefined && time > (latest ?? '') ? time : latest),
    null,
  );
}

function earliestOf(times: readonly (string | undefined)[]): string | null {
  return times.reduce<string | null>(
    (earliest, time) => (time !== undefined && time < (earliest ?? '~') ? time : earliest),
    null,
  );
}
