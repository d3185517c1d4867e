import { RequestProblem } from './problem.ts';

/** What a request asks for. */
export type Route =
  | { readonly kind: 'store-snapshot'; readonly system: string }
  | { readonly kind: 'store-outage' }
  | { readonly kind: 'latest'; readonly system: string }
  | { readonly kind: 'outages' }
  | { readonly kind: 'reservations' };

type Resource = { readonly method: 'GET' | 'POST'; readonly route: Route };

const base = '/api/v1/status/';

/** The names below `base` that no system can have. */
const fixed: Readonly<Record<string, Resource>> = {
  outage: { method: 'POST', route: { kind: 'store-outage' } },
  outages: { method: 'GET', route: { kind: 'outages' } },
  reservations: { method: 'GET', route: { kind: 'reservations' } },
};

/**
 * Takes a method and a path as it is in the URL; returns what they ask for.
 * @throws RequestProblem 404 or 405
 */
export function routeOf(method: string, path: string): Route {
  const resource = resourceAt(path);
  if (!resource) throw new RequestProblem(404, 'Not found');
  if (resource.method === method) return resource.route;
  throw new RequestProblem(405, `Method not allowed: use ${resource.method}`, { Allow: resource.method });
}

function resourceAt(path: string): Resource | null {
  if (!path.startsWith(base)) return null;
  const [name = '', below, ...rest] = path.slice(base.length).split('/');
  // Beside the SAM API's own three, a site's systems: anything that is a name.
  if (!/^[a-z0-9][a-z0-9_-]{0,31}$/.test(name) || rest.length > 0) return null;
  const known = Object.hasOwn(fixed, name) ? fixed[name] : undefined;
  if (below === undefined) return known ?? { method: 'POST', route: { kind: 'store-snapshot', system: name } };
  return below === 'latest' && !known ? { method: 'GET', route: { kind: 'latest', system: name } } : null;
}
