import type { ReceiverSettings } from '../../config/receiver.ts';
import { type SystemState, systemStates } from '../status/state.ts';
import { allOutages } from '../store/outages.ts';
import type { Reader } from '../store/port.ts';
import { listReservations } from '../store/reservations.ts';
import { listResources } from '../store/resources.ts';
import { timestampOf } from '../timestamp.ts';
import { type Effect, incidentOfOutage, incidentOfReservation, type KnownIncident } from './known-incidents.ts';
import { type KnownResource, knownResource } from './known-resources.ts';

/** The data that the API shows, read once for each request. Times are canonical text (timestamp.ts). */
export type ShownData = {
  readonly now: string;
  readonly settings: ReceiverSettings;
  /** By id, in the order of ids. */
  readonly resources: ReadonlyMap<string, KnownResource>;
  /** The incidents of outages, the newest start first. */
  readonly outages: readonly KnownIncident[];
  /** The effects of outages on resources, by the id of the resource. */
  readonly effects: ReadonlyMap<string, readonly Effect[]>;
};

/** Reads the data. */
export async function readShownData(reader: Reader, settings: ReceiverSettings, time: Date): Promise<ShownData> {
  const now = timestampOf(time);
  const resources = new Map(
    (await listResources(reader)).map((row) => [row.resource, knownResource(row, now)] as const),
  );
  const outages = (await allOutages(reader)).map((row) => incidentOfOutage(row, resources, now)).sort(newestStart);
  const effects = Map.groupBy(
    outages.flatMap((outage) => outage.effects),
    ({ resource }) => resource,
  );
  return { now, settings, resources, outages, effects };
}

/** Returns the incidents of outages and reservations, the newest start first. */
export async function readIncidents(reader: Reader, { outages, resources, now }: ShownData): Promise<KnownIncident[]> {
  const reservations = (await listReservations(reader, null, '')).map((row) =>
    incidentOfReservation(row, resources, now),
  );
  return [...outages, ...reservations].sort(newestStart);
}

function newestStart(one: KnownIncident, other: KnownIncident): number {
  return compared(other.start, one.start) || compared(other.id, one.id);
}

/** Orders texts by their code units, as canonical times and ids must be. */
export function compared(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Returns the status of a resource and since when it may have it: the time of its last event. */
export function currentStatus(
  data: ShownData,
  { resource, status, at }: KnownResource,
): { readonly status: SystemState; readonly since: string } {
  const times = (data.effects.get(resource) ?? []).flatMap(({ from, until }) => [from, until ?? '']);
  const past = times.filter((time) => time <= data.now);
  return {
    status: withEffects(data, resource, status, data.now),
    since: past.reduce((latest, time) => (time > latest ? time : latest), at),
  };
}

/** Returns the worse of a status and the statuses that outages gave to a resource at a time. */
export function withEffects(data: ShownData, resource: string, status: SystemState, at: string): SystemState {
  const current = (data.effects.get(resource) ?? []).filter(
    ({ from, until }) => from <= at && (until === null || at < until),
  );
  const all = [status, ...current.map((effect) => effect.status)];
  return systemStates.find((word) => all.includes(word)) ?? status;
}

/** Returns the id of the outage that a resource was in at a time, that with the latest start; null without one. */
export function incidentAt(data: ShownData, resource: string, at: string): string | null {
  // Outages are in the order of their starts, and so are their effects.
  const effect = (data.effects.get(resource) ?? []).find(
    ({ from, until }) => from <= at && (until === null || at <= until),
  );
  return effect?.incident ?? null;
}
