import type { Database } from 'bun:sqlite';
import { printable } from '../lib/text.ts';
import { type Answered, json, refusal } from './answered.ts';
import type { Authenticator } from './authentication.ts';
import { type BodyLimits, readBody } from './body.ts';
import { type Answer, idempotencyKey, type StatusDelivery, storeOnce } from './deliveries.ts';
import { answerIngest, type IngestParts } from './ingest/api.ts';
import { isIngestPath } from './ingest/routes.ts';
import { parseJsonObject } from './json.ts';
import { listOutages, storeOutage } from './outages.ts';
import { RequestProblem } from './problem.ts';
import { listReservations } from './reservations.ts';
import { type Route, routeOf } from './routes.ts';
import { labelOf, latestSnapshot, storeSnapshot } from './snapshots.ts';

/** What the API works with. */
export type ApiParts = {
  readonly database: Database;
  /** Throws `Unavailable` if the database file was deleted or replaced. */
  readonly requireFiles: () => void;
  readonly authenticator: Authenticator;
  readonly limits: BodyLimits;
  readonly ingest: IngestParts;
  /** Gets one line for each request, safe for a terminal. */
  readonly log: RequestLog;
};

/** Takes one line for each request; the level is `error` if the receiver could not do what was asked. */
export type RequestLog = (line: string, level: 'info' | 'error') => void;

/**
 * Returns the function that answers requests: always JSON, without stack traces or SQL. It does not throw.
 */
export function createApi(parts: ApiParts): (request: Request) => Promise<Response> {
  return async (request) => {
    const started = performance.now();
    const url = urlOf(request);
    const { response, note } = await answer(parts, request, url);
    const ms = Math.round(performance.now() - started);
    const path = printable(url?.pathname ?? request.url, 100);
    parts.log(
      `${response.status} ${request.method} ${path} ${ms} ms${note ? `: ${note}` : ''}`,
      response.status >= 500 ? 'error' : 'info',
    );
    return response;
  };
}

function answer(parts: ApiParts, request: Request, url: URL | null): Promise<Answered> {
  if (url === null) {
    return Promise.resolve(refusal(new RequestProblem(400, 'Host header is missing or malformed'), 'error'));
  }
  if (isIngestPath(url.pathname)) return answerIngest(parts.ingest, request, url);
  return answerStatus(parts, request, url).catch((error: unknown) => refusal(error, 'error'));
}

/** Returns the URL of a request; null without exactly one valid Host, which Bun passes on (RFC 9112 §3.2 wants 400). */
function urlOf(request: Request): URL | null {
  const hosts = request.headers.get('host')?.split(',') ?? [];
  return hosts.length === 1 && URL.canParse(request.url) ? new URL(request.url) : null;
}

async function answerStatus(parts: ApiParts, request: Request, url: URL): Promise<Answered> {
  const route = routeOf(request.method, url.pathname);
  parts.requireFiles();
  // Authenticate before reading the body, so that a sender without rights cannot make the receiver read it.
  const user = await parts.authenticator.authenticate(request.headers);
  if (route.kind !== 'store-snapshot' && route.kind !== 'store-outage') {
    const found = read(parts.database, route, url.searchParams);
    if (found !== null) return { response: json(200, JSON.stringify(found)) };
    // The SAM API names this one message `message`, not `error`.
    const message = `No ${labelOf(route.kind === 'latest' ? route.system : '')} status data available`;
    return { response: json(404, JSON.stringify({ message })), note: message };
  }
  const key = idempotencyKey(request.headers);
  const bytes = await readBody(request, parts.limits);
  const value = parseJsonObject(bytes);
  const delivery: StatusDelivery = { path: url.pathname, user, bytes, value, key, receivedAt: new Date() };
  const failed = request.headers.get('x-collection-failed')?.trim() || null;
  const stored = storeOnce(parts.database, delivery, () =>
    route.kind === 'store-outage'
      ? storeOutage(parts.database, delivery)
      : storeSnapshot(parts.database, route.system, failed, delivery),
  );
  // After the commit: a file that was deleted meanwhile does not have the delivery.
  parts.requireFiles();
  const note = `${user}, ${bytes.byteLength} bytes${stored.replayed ? ', was here before' : ''}`;
  return { response: json(201, stored.answer), note };
}

function read(
  database: Database,
  route: Exclude<Route, { kind: 'store-snapshot' | 'store-outage' }>,
  query: URLSearchParams,
): Answer | readonly Answer[] | null {
  if (route.kind === 'outages') return listOutages(database, query, new Date());
  if (route.kind === 'reservations') return listReservations(database, query, new Date());
  return latestSnapshot(database, route.system);
}
