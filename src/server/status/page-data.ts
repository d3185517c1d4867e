import type { ReadingClient } from '../auth/caller.ts';
import { RequestProblem } from '../http/problem.ts';
import type { StoredOutageRow } from '../store/outages.ts';
import type { Reader } from '../store/port.ts';
import { showOutage } from './change-outage.ts';
import { type History, historyOf, type SeriesChoice } from './history.ts';
import { outagesFor, withOutagesInPeriod } from './outages.ts';
import { overviewOf, type SystemOverview } from './overview.ts';
import { type ReservationEntry, reservationsFor } from './reservations.ts';
import { labelOf, latestSnapshot } from './snapshots.ts';
import { systemAt } from './systems.ts';
import { type UserHistory, userHistoryOf } from './user-history.ts';

const totals: SeriesChoice = { kind: 'totals', name: '' };

/** Everything that the page of a system shows, besides what comes from finished jobs. */
export type SystemPageData = {
  /** The answer of `/api/v1/status/SYSTEM/latest`. */
  readonly latest: Readonly<Record<string, unknown>>;
  /** The entry of the system in `/api/v1/overview`; null if the newest snapshot is not yet in the history. */
  readonly system: SystemOverview | null;
  /** Outages and maintenance that have not ended, and those to come. */
  readonly outages: readonly StoredOutageRow[];
  /** Reservations that have not ended. */
  readonly reservations: readonly ReservationEntry[];
  /** The users or projects of a batch system over time; null for a hub. */
  readonly users: UserHistory | null;
  /** The totals of a hub over time; null for a batch system. */
  readonly history: History | null;
};

/**
 * Returns the data of the page of a system. Query parameters: `by` (user or project; always project for a client that may
 * not see names) and those of `userHistoryOf`.
 * @throws RequestProblem 404 for an unknown system, 400 for wrong parameters
 */
export async function systemPageData(
  reader: Reader,
  system: string,
  query: URLSearchParams,
  { seesNames, shownName }: ReadingClient,
  now: Date,
): Promise<SystemPageData> {
  const latest = await latestSnapshot(reader, system, shownName);
  if (latest === null) throw new RequestProblem(404, `No ${labelOf(system)} status data available`);
  const status = await systemAt(reader, system, now);
  const ofSystem = new URLSearchParams({ system_name: system });
  const by = seesNames && query.get('by') === 'user' ? 'user' : 'project';
  const marked = <One extends History | UserHistory>(history: One) =>
    withOutagesInPeriod(reader, history, new URLSearchParams({ include: 'outages' }), now);
  return {
    latest,
    system: status && (await overviewOf(reader, status, now)),
    outages: await outagesFor(reader, ofSystem, now),
    reservations: await reservationsFor(reader, ofSystem, now),
    history: status?.kind === 'hub' ? await marked(await historyOf(reader, system, totals, query, now)) : null,
    users:
      status?.kind === 'batch' ? await marked(await userHistoryOf(reader, system, by, query, shownName, now)) : null,
  };
}

/** Everything that the page of outages shows, besides what comes from finished jobs. */
export type OutagesPageData = {
  readonly outages: readonly StoredOutageRow[];
  /** The outage that the query names, with its time line; null if it names none or an unknown one. */
  readonly chosen: Awaited<ReturnType<typeof showOutage>> | null;
};

/** Returns all outages, and the one whose id is the query parameter `id` with its time line. */
export async function outagesPageData(
  reader: Reader,
  query: URLSearchParams,
  { shownName }: ReadingClient,
  now: Date,
): Promise<OutagesPageData> {
  const outages = await outagesFor(reader, new URLSearchParams({ include_resolved: 'true' }), now);
  const chosen = outages.find(({ outage_id }) => String(outage_id) === query.get('id'));
  return { outages, chosen: chosen === undefined ? null : await showOutage(reader, chosen.outage_id, shownName) };
}

/** Everything that the page of events shows: all outages, maintenance and reservations. */
export type EventsPageData = {
  readonly outages: readonly StoredOutageRow[];
  readonly reservations: readonly ReservationEntry[];
};

/** Returns the data of the page of events. */
export async function eventsPageData(reader: Reader, now: Date): Promise<EventsPageData> {
  return {
    outages: await outagesFor(reader, new URLSearchParams({ include_resolved: 'true' }), now),
    reservations: await reservationsFor(reader, new URLSearchParams({ upcoming_only: 'false' }), now),
  };
}
