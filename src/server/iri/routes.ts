import type { ReceiverSettings } from '../../config/receiver.ts';
import type { AccessRules } from '../auth/access.ts';
import type { Answered } from '../http/answer.ts';
import { type Api, type Call, type Route, route } from '../http/routing.ts';
import type { Store } from '../store/port.ts';
import {
  getEvent,
  getEvents,
  getFacility,
  getIncident,
  getIncidents,
  getResource,
  getResources,
  getSite,
  getSites,
  type IriParts,
} from './api.ts';
import { getDocument } from './openapi.ts';
import { refuseAsIri } from './problem.ts';
import { serverOf } from './uris.ts';

/** The paths below a version that are lists. Objects are below them. */
const lists = ['facility', 'status/resources', 'status/incidents', 'status/events'];

/** Returns the routes of the DOE IRI facility API. Both versions have the same answers but for the types of resources. */
export function iriApi(store: Store, settings: ReceiverSettings, { open, reader }: AccessRules): Api {
  return {
    // Below /api/v1 are other APIs too.
    prefixes: ['/api/v2', '/api/v2/', ...lists.flatMap((path) => [`/api/v1/${path}`, `/api/v1/${path}/`])],
    refuse: refuseAsIri,
    notFound: 'Not Found',
    notAllowed: () => 'Method Not Allowed',
    origins: null,
    routes: [
      route('GET', '/api/v2/openapi.json', open, getDocument()),
      ...routesOf({ store, settings, version: 'v1' }, reader),
      ...routesOf({ store, settings, version: 'v2' }, reader),
    ],
  };
}

function routesOf(parts: IriParts, reader: AccessRules['reader']): Route[] {
  const handlers = {
    '/facility': getFacility(parts),
    '/facility/sites': getSites(parts),
    '/facility/sites/:name': getSite(parts),
    '/status/resources': getResources(parts),
    '/status/resources/:name': getResource(parts),
    '/status/incidents': getIncidents(parts),
    '/status/incidents/:name': getIncident(parts),
    '/status/events': getEvents(parts),
    '/status/events/:name': getEvent(parts),
  };
  return Object.entries(handlers).flatMap(([path, handle]) => {
    const whole = `/api/${parts.version}${path}`;
    return [
      route('GET', whole, reader, handle),
      // The reference server answers this path itself.
      route('GET', `${whole}/`, reader, path === '/facility' ? handle : withoutSlash),
    ];
  });
}

/** Redirects to the path without the slash at its end. */
async function withoutSlash({ url, client }: Call): Promise<Answered> {
  const location = `${serverOf(client)}${url.pathname.replace(/\/$/, '')}${url.search}`;
  return { response: new Response(null, { status: 307, headers: { Location: location } }) };
}
