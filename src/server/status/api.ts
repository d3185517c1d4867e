import type { Account, ReadingClient } from '../auth/caller.ts';
import { notingRefusals, streamOf } from '../collectors/streams.ts';
import { type Answered, json } from '../http/answer.ts';
import { type BodyLimits, readBody } from '../http/body.ts';
import { idempotencyKey } from '../http/idempotency-key.ts';
import { isRecord, parseJson, parseJsonObject } from '../http/json.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import { type Stored, sha256Of } from '../store/deliveries.ts';
import type { Store } from '../store/port.ts';
import { patchOutage, removeOutage, showOutage } from './change-outage.ts';
import type { StatusDelivery } from './delivery.ts';
import { historyOf, type SeriesChoice } from './history.ts';
import { oneUserHistory } from './one-user.ts';
import { outagesFor, storeOutage, withOutagesInPeriod } from './outages.ts';
import { overviewAt } from './overview.ts';
import { eventsPageData, outagesPageData, systemPageData } from './page-data.ts';
import { reservationHistory } from './reservation-history.ts';
import { reservationsFor } from './reservations.ts';
import { labelOf, latestSnapshot, storeSnapshot } from './snapshots.ts';
import { statesOf } from './states.ts';
import { systemsAt } from './systems.ts';
import { userHistoryOf } from './user-history.ts';

/** Returns the handler that stores a snapshot. */
export function postSnapshot(store: Store, limits: BodyLimits) {
  return notingRefusals(store, 'status', async (call, { name }) => {
    const delivery = await readDelivery(call, name, 'status', limits);
    const failed = call.request.headers.get('x-collection-failed')?.trim() || null;
    return created(delivery, await storeSnapshot(store, systemOf(call), failed, delivery));
  });
}

/** Returns the handler that stores a report of an outage. */
export function postOutage(store: Store, limits: BodyLimits) {
  return notingRefusals(store, 'outage', async (call, { name }) => {
    const delivery = await readDelivery(call, name, 'outage', limits);
    return created(delivery, await storeOutage(store, delivery));
  });
}

/** Returns the handler that shows the newest snapshot of a system. */
export function getLatest(store: Store) {
  return async (call: Call, { shownName }: ReadingClient): Promise<Answered> => {
    const latest = await latestSnapshot(store, systemOf(call), shownName);
    if (latest !== null) return found(latest);
    // The SAM API names this one message `message`, not `error`.
    const message = `No ${labelOf(systemOf(call))} status data available`;
    return { response: json(404, JSON.stringify({ message })), note: message };
  };
}

/** Returns the handler that lists the systems with their states. */
export function getSystems(store: Store) {
  return async (): Promise<Answered> => found(await systemsAt(store, new Date()));
}

/** Returns the handler that shows everything of the overview page. */
export function getOverview(store: Store) {
  return async (): Promise<Answered> => found(await overviewAt(store, new Date()));
}

/** Returns the handler that shows everything of the page of a system. */
export function getSystemPage(store: Store) {
  return async (call: Call, client: ReadingClient): Promise<Answered> =>
    found(await systemPageData(store, systemOf(call), call.url.searchParams, client, new Date()));
}

/** Returns the handler that shows everything of the page of outages. */
export function getOutagesPage(store: Store) {
  return async ({ url }: Call, client: ReadingClient): Promise<Answered> =>
    found(await outagesPageData(store, url.searchParams, client, new Date()));
}

/** Returns the handler that shows everything of the page of events. */
export function getEventsPage(store: Store) {
  return async (): Promise<Answered> => found(await eventsPageData(store, new Date()));
}

/** Returns the handler that shows the history of a kind of series. The path names all but the totals. */
export function getHistory(store: Store, kind: SeriesChoice['kind']) {
  return async (call: Call): Promise<Answered> => {
    const [query, now] = [call.url.searchParams, new Date()];
    const history = await historyOf(store, systemOf(call), { kind, name: call.parameters.name ?? '' }, query, now);
    return found(await withOutagesInPeriod(store, history, query, now));
  };
}

/** Returns the handler that shows how long a system was in each state. */
export function getStates(store: Store) {
  return async (call: Call): Promise<Answered> =>
    found(await statesOf(store, systemOf(call), call.url.searchParams, new Date()));
}

/** Returns the handler that shows the history of the users or projects of a system. */
export function getUserHistory(store: Store, by: 'user' | 'project') {
  return async (call: Call, { shownName }: ReadingClient): Promise<Answered> => {
    const [query, now] = [call.url.searchParams, new Date()];
    const history = await userHistoryOf(store, systemOf(call), by, query, shownName, now);
    return found(await withOutagesInPeriod(store, history, query, now));
  };
}

/** Returns the handler that shows the history of one user or project, which the path names. */
export function getOneUserHistory(store: Store, by: 'user' | 'project') {
  return async (call: Call, { shownName }: ReadingClient): Promise<Answered> => {
    const [query, now] = [call.url.searchParams, new Date()];
    const choice = { by, name: call.parameters.name ?? '' };
    const history = await oneUserHistory(store, systemOf(call), choice, query, shownName, now);
    return found(await withOutagesInPeriod(store, history, query, now));
  };
}

/** Returns the handler that lists outages. */
export function getOutages(store: Store) {
  return async ({ url }: Call): Promise<Answered> => found(await outagesFor(store, url.searchParams, new Date()));
}

/** Returns the handler that shows an outage with its time line. */
export function getOutage(store: Store) {
  return async (call: Call, { shownName }: ReadingClient): Promise<Answered> =>
    found(await showOutage(store, outageOf(call), shownName));
}

/** Returns the handler that changes an outage. */
export function changeOutage(store: Store, limits: BodyLimits) {
  return async (call: Call, { name }: Account): Promise<Answered> => {
    const body = parseJson(await readBody(call.request, limits));
    if (!isRecord(body)) throw new RequestProblem(400, 'JSON body must be an object');
    return { ...found(await patchOutage(store, outageOf(call), body, name, new Date())), note: name };
  };
}

/** Returns the handler that deletes an outage. */
export function deleteOutage(store: Store) {
  return async (call: Call, { name }: Account): Promise<Answered> => ({
    ...found(await removeOutage(store, outageOf(call))),
    note: name,
  });
}

/** Returns the handler that lists reservations. */
export function getReservations(store: Store) {
  return async ({ url }: Call): Promise<Answered> => found(await reservationsFor(store, url.searchParams, new Date()));
}

/** Returns the handler that shows what snapshots reported about a reservation over time. */
export function getReservationHistory(store: Store) {
  return async (call: Call): Promise<Answered> =>
    found(await reservationHistory(store, systemOf(call), call.parameters.name ?? ''));
}

async function readDelivery(
  { request, url, parameters }: Call,
  user: string,
  kind: 'status' | 'outage',
  limits: BodyLimits,
): Promise<StatusDelivery> {
  const key = idempotencyKey(request.headers);
  const bytes = await readBody(request, limits);
  const stream = streamOf(request.headers, kind, parameters.system ?? '');
  const [value, sha256] = [parseJsonObject(bytes), sha256Of(bytes)];
  return { path: url.pathname, user, bytes, sha256, value, key, receivedAt: new Date(), stream };
}

function systemOf({ parameters }: Call): string {
  return parameters.system ?? '';
}

function outageOf({ parameters }: Call): number {
  return Number(parameters.outage);
}

function found(value: unknown): Answered {
  return { response: json(200, JSON.stringify(value)) };
}

function created({ user, bytes }: StatusDelivery, { answer, replayed }: Stored): Answered {
  return {
    // Spans, reservations and outages go by the time of their snapshots and reports.
    response: json(201, answer, { 'X-Snapshot-Order': 'any' }),
    note: `${user}, ${bytes.byteLength} bytes${replayed ? ', was here before' : ''}`,
  };
}
