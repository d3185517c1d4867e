import type { Answered } from '../http/answer.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import { overviewOf } from '../status/overview.ts';
import { systemsAt } from '../status/systems.ts';
import type { Store } from '../store/port.ts';
import { atomFeed } from './atom.ts';
import { badge } from './badge.ts';
import { calendar } from './calendar.ts';
import { feedEvents } from './events.ts';
import { motd } from './motd.ts';

/** Returns the handler that answers outages, maintenance and reservations as an Atom feed. */
export function getAtom(store: Store) {
  return async ({ client }: Call): Promise<Answered> => {
    const now = new Date();
    return text('application/atom+xml', atomFeed(await feedEvents(store, now), client.origin, now));
  };
}

/** Returns the handler that answers outages, maintenance and reservations as a calendar. */
export function getCalendar(store: Store) {
  return async ({ client }: Call): Promise<Answered> => {
    const now = new Date();
    return text('text/calendar', calendar(await feedEvents(store, now), client.origin, now));
  };
}

/** Returns the handler that answers a picture with the state of a system. @throws RequestProblem 404 */
export function getBadge(store: Store) {
  return async (call: Call): Promise<Answered> => {
    const { name, state } = await statusOf(store, call, new Date());
    return text('image/svg+xml', badge(name, state));
  };
}

/** Returns the handler that answers the state of a system as plain text. @throws RequestProblem 404 */
export function getMotd(store: Store, timeZone: string) {
  return async (call: Call): Promise<Answered> => {
    const now = new Date();
    const system = await overviewOf(store, await statusOf(store, call, now), now);
    return text('text/plain', motd(system, await feedEvents(store, now), timeZone, now));
  };
}

async function statusOf(store: Store, { parameters }: Call, now: Date) {
  const status = (await systemsAt(store, now)).find(({ name }) => name === parameters.system);
  if (!status) throw new RequestProblem(404, `There is no system ${parameters.system}`);
  return status;
}

function text(contentType: string, body: string): Answered {
  const headers = {
    'Content-Type': `${contentType}; charset=utf-8`,
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'",
  };
  return { response: new Response(body, { headers }) };
}
