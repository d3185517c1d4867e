import type { SystemState } from '../status/state.ts';
import type { Reader } from '../store/port.ts';
import { listStates, type StateFilter, type StateRow, stateAt } from '../store/resources.ts';
import { canonicalTimestamp } from '../timestamp.ts';
import type { Effect, KnownIncident } from './known-incidents.ts';
import { statusIn } from './known-resources.ts';
import type { IriEvent } from './schemas.ts';
import { compared, incidentAt, type ShownData, withEffects } from './shown-data.ts';
import { apiTime, type Uris } from './uris.ts';

/** An event before its URIs are known. */
export type KnownEvent = {
  readonly id: string;
  readonly resource: string;
  readonly at: string;
  readonly status: SystemState;
  readonly incident: string | null;
};

/** So many rows are some ten kilobytes. */
const sliceSize = 500;

/**
 * Yields events, newest first: the changes of status that snapshots show, the ends of the time after which silence means
 * that the status is unknown, and the starts and ends of outages.
 */
export async function* eventsOf(reader: Reader, data: ShownData, filter: StateFilter): AsyncGenerator<KnownEvent> {
  const others = [...silences(data, filter), ...(await boundaries(reader, data, filter))].sort(newestFirst);
  let last: StateRow | null = null;
  for (;;) {
    const rows: StateRow[] = await listStates(reader, filter, last, sliceSize);
    for (const row of rows) {
      const event = changeOf(data, row);
      while (others[0] && newestFirst(others[0], event) < 0) yield* others.splice(0, 1);
      yield event;
    }
    last = rows.at(-1) ?? null;
    if (rows.length < sliceSize) break;
    // Let other requests be answered: a filter that fits nothing reads every event.
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield* others;
}

/** Returns the events of an incident, oldest first. */
export async function eventsOfIncident(
  reader: Reader,
  data: ShownData,
  { id, effects }: KnownIncident,
): Promise<KnownEvent[]> {
  const found: KnownEvent[] = [];
  for (const { resource, from, until } of effects) {
    const before = until === null ? null : justAfter(until);
    for await (const event of eventsOf(reader, data, { resource, from, before })) {
      if (event.incident === id) found.push(event);
    }
  }
  return found.sort(newestFirst).reverse();
}

/** Returns an event, null if there is none with this id. */
export async function eventById(reader: Reader, data: ShownData, id: string): Promise<KnownEvent | null> {
  const [, incident, kind, affected] = /^(outage\.\d+)\.(start|end)\.(.+)$/s.exec(id) ?? [];
  if (affected !== undefined) {
    const effect = data.effects.get(affected)?.find((one) => one.incident === incident);
    const at = kind === 'start' ? effect?.from : effect?.until;
    return effect && at && at <= data.now ? await boundaryOf(reader, data, effect, at, `${kind}`) : null;
  }
  const [, resource = '', day, time, micros] = /^(.+)\.(\d{8})T(\d{6})(\d{6})?Z$/s.exec(id) ?? [];
  const at = canonicalTimestamp(`${day}T${time}${micros === undefined ? '' : `.${micros}`}`);
  if (at === null) return null;
  const filter = { resource, from: at, before: justAfter(at) };
  const [row] = await listStates(reader, filter, null, 1);
  return row ? changeOf(data, row) : (silences(data, filter)[0] ?? null);
}

/** Returns an event as the API shows it. */
export function shownEvent({ id, resource, at, status, incident }: KnownEvent, data: ShownData, uris: Uris): IriEvent {
  return {
    id,
    name: data.outages.find((one) => one.id === incident)?.name ?? null,
    description: null,
    last_modified: apiTime(at),
    occurred_at: apiTime(at),
    status,
    self_uri: uris.event(id),
    resource_uri: uris.resource(resource),
    incident_uri: incident === null ? null : uris.incident(incident),
  };
}

/** Returns the least text after a time, as the first that is not listed. */
export function justAfter(at: string): string {
  return `${at} `;
}

function changeOf(data: ShownData, { resource, at, status }: StateRow): KnownEvent {
  return {
    id: `${resource}.${at.replace(/[-:.]/g, '')}Z`,
    resource,
    at,
    status: withEffects(data, resource, statusIn(status), at),
    incident: incidentAt(data, resource, at),
  };
}

function silences(data: ShownData, filter: StateFilter): KnownEvent[] {
  return [...data.resources.values()]
    .filter(({ isSilent, resource, at }) => isSilent && isWanted(filter, resource, at))
    .map((resource) => changeOf(data, resource));
}

async function boundaries(reader: Reader, data: ShownData, filter: StateFilter): Promise<KnownEvent[]> {
  const found: KnownEvent[] = [];
  for (const effect of [...data.effects.values()].flat()) {
    const times = { start: effect.from, end: effect.until };
    for (const [kind, at] of Object.entries(times)) {
      if (at === null || at > data.now || !isWanted(filter, effect.resource, at)) continue;
      found.push(await boundaryOf(reader, data, effect, at, kind));
    }
  }
  return found;
}

async function boundaryOf(
  reader: Reader,
  data: ShownData,
  { resource, incident }: Effect,
  at: string,
  kind: string,
): Promise<KnownEvent> {
  const known = data.resources.get(resource);
  const isSilent = known?.isSilent === true && known.at <= at;
  const stored = await stateAt(reader, resource, at);
  const shown = stored === null ? 'up' : statusIn(stored);
  const status = withEffects(data, resource, isSilent ? 'unknown' : shown, at);
  return { id: `${incident}.${kind}.${resource}`, resource, at, status, incident };
}

function isWanted({ resource, from, before }: StateFilter, id: string, at: string): boolean {
  return (resource === null || id === resource) && at >= (from ?? '') && (before === null || at < before);
}

function newestFirst(one: KnownEvent, other: KnownEvent): number {
  return compared(other.at, one.at) || compared(other.resource, one.resource) || compared(other.id, one.id);
}
