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
  readonly authenticator: Authenticator;
  readonly limits: BodyLimits;
  readonly ingest: IngestParts;
  /** Gets one line for each request, safe for a terminal. */
  readonly log: (line: string) => void;
};

/**
 * Makes the function that answers requests: always JSON, never a stack trace or SQL. It does not throw.
 */
export function createApi(parts: ApiParts): (request: Request) => Promise<Response> {
  return async (request) => {
    const started = performance.now();
    const url = new URL(request.url);
    const { response, note } = isIngestPath(url.pathname)
      ? await answerIngest(parts.ingest, request, url)
      : await answerStatus(parts, request, url).catch((error: unknown) => refusal(error, 'error'));
    const ms = Math.round(performance.now() - started);
    parts.log(
      `${response.status} ${request.method} ${printable(url.pathname, 100)} ${ms} ms${note ? `: ${note}` : ''}`,
    );
    return response;
  };
}

async function answerStatus(parts: ApiParts, request: Request, url: URL): Promise<Answered> {
  const route = routeOf(request.method, url.pathname);
  // Before the body is read: who may not post must not cost its bytes.
  const user = await parts.authenticator.authenticate(request.headers);
  if (route.kind !== 'store-snapshot' && route.kind !== 'store-outage') {
    return { response: json(200, JSON.stringify(read(parts.database, route, url.searchParams))) };
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
  const note = `${user}, ${bytes.byteLength} bytes${stored.replayed ? ', was here before' : ''}`;
  return { response: json(201, stored.answer), note };
}

function read(
  database: Database,
  route: Exclude<Route, { kind: 'store-snapshot' | 'store-outage' }>,
  query: URLSearchParams,
): Answer | readonly Answer[] {
  if (route.kind === 'outages') return listOutages(database, query, new Date());
  if (route.kind === 'reservations') return listReservations(database, query, new Date());
  const latest = latestSnapshot(database, route.system);
  if (!latest) throw new RequestProblem(404, `No ${labelOf(route.system)} status data available`);
  return latest;
}
