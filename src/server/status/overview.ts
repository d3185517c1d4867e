import { listOutages, type StoredOutageRow } from '../store/outages.ts';
import type { Reader } from '../store/port.ts';
import { newestSnapshot } from '../store/snapshots.ts';
import { timestampOf } from '../timestamp.ts';
import { numberIn } from './free.ts';
import { historyOf } from './history.ts';
import { readStored } from './read-snapshot.ts';
import { type ReservationEntry, reservationsFor } from './reservations.ts';
import { dayMs } from './samples.ts';
import { type SystemStatus, systemsAt } from './systems.ts';
import { readTimeline } from './timeline.ts';
import { type StateSeconds, secondsBetween } from './uptime.ts';

/** The figures that the overview shows for each kind of system, by their names in a snapshot. */
const figures: Readonly<Record<SystemStatus['kind'], readonly string[]>> = {
  batch: [
    'cpu_utilization_percent',
    'cpu_cores_allocated',
    'cpu_cores_total',
    'gpu_utilization_percent',
    'gpu_count_allocated',
    'gpu_count_total',
    'running_jobs',
    'pending_jobs',
    'held_jobs',
  ],
  hub: ['active_users', 'active_sessions', 'nodes_total', 'nodes_free'],
};
const trends: Readonly<Record<SystemStatus['kind'], readonly string[]>> = {
  batch: ['cpu_utilization_percent', 'gpu_utilization_percent'],
  hub: ['active_sessions'],
};
const trendStep = 1800;
const daysShown = 90;

/** A system on the overview. */
export type SystemOverview = SystemStatus & {
  /** Values of the newest snapshot by field; null if unknown. */
  readonly figures: Readonly<Record<string, number | null>>;
  /** Averages of the last 24 hours, in steps of half an hour, by field. */
  readonly day: {
    readonly from: string;
    readonly step: number;
    readonly fields: Readonly<Record<string, readonly (number | null)[]>>;
  };
  /** The last 90 days, the oldest first; today is the last. */
  readonly days: readonly SystemDay[];
};

/** The seconds that a system spent in each state on a day, such as `2026-11-28`, which begins at midnight UTC. */
export type SystemDay = StateSeconds & { readonly date: string };

/** Everything that the overview page shows. */
export type Overview = {
  readonly systems: readonly SystemOverview[];
  /** Outages and maintenance that have not ended, and those to come. */
  readonly outages: readonly StoredOutageRow[];
  /** Reservations that have not ended. */
  readonly reservations: readonly ReservationEntry[];
};

/** Returns all systems with their state, their figures and their last day, and what is planned. */
export async function overviewAt(reader: Reader, now: Date): Promise<Overview> {
  const systems: SystemOverview[] = [];
  for (const status of await systemsAt(reader, now)) systems.push(await overviewOf(reader, status, now));
  return {
    systems,
    outages: await listOutages(reader, {
      system: null,
      status: null,
      includeResolved: false,
      now: timestampOf(now),
    }),
    reservations: await reservationsFor(reader, new URLSearchParams(), now),
  };
}

/** Returns a system with its figures, its last day and its last 90 days. */
export async function overviewOf(reader: Reader, status: SystemStatus, now: Date): Promise<SystemOverview> {
  const newest = await newestSnapshot(reader, status.name);
  const snapshot = newest === null ? {} : readStored(newest).snapshot;
  const query = new URLSearchParams({
    from: timestampOf(new Date(now.getTime() - dayMs)),
    step: String(trendStep),
    fields: trends[status.kind].join(','),
  });
  const history = await historyOf(reader, status.name, { kind: 'totals', name: '' }, query, now);
  return {
    ...status,
    figures: Object.fromEntries(figures[status.kind].map((field) => [field, numberIn(snapshot, field)])),
    day: {
      from: history.from,
      step: history.step,
      fields: Object.fromEntries(Object.entries(history.fields).map(([field, { average }]) => [field, average])),
    },
    days: await daysOf(reader, status.name, now.getTime()),
  };
}

async function daysOf(reader: Reader, system: string, now: number): Promise<SystemDay[]> {
  const today = now - (now % dayMs);
  const first = today - (daysShown - 1) * dayMs;
  const timeline = await readTimeline(reader, system, first, now);
  return Array.from({ length: daysShown }, (_, index) => {
    const start = first + index * dayMs;
    return { date: new Date(start).toISOString().slice(0, 10), ...secondsBetween(timeline, start, start + dayMs) };
  });
}
