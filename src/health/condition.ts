import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { defaultJobsDestination, isIngestStream } from '../delivery/ingest-entries.ts';
import { defaultDestination, samStream, systemOfStream } from '../delivery/sam-entries.ts';
import { readUntilOfClusters } from '../history/progress.ts';
import { networkFilesystem } from '../lib/filesystem-type.ts';
import { maintenances } from '../outage/maintenance.ts';
import { plannedNow } from '../outage/outage-table.ts';
import type { KnownOutage } from '../outage/row.ts';
import { latestEntries, newestDelivered, streamHeads, streamNames } from '../outbox/latest.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { unacknowledgedDamage } from '../outbox/recovery/past-damage.ts';
import { countGivenUp } from '../outbox/retention.ts';
import { socketLockProblem } from '../outbox/socket-lock.ts';
import type { Spool } from '../outbox/spool/spool.ts';
import { type StreamStatistics, streamStatistics } from '../outbox/statistics.ts';

/** The state of collection and delivery of one system. */
export type SystemCondition = {
  readonly name: string;
  /** Collection times of its last stored and its last delivered snapshot; null if there is none. */
  readonly storedAt: Date | null;
  readonly deliveredAt: Date | null;
  /**
   * The last delivered snapshot by destination; absent if its only destination is the default one. `deliveredAt` is the
   * earliest of them, null if one has none.
   */
  readonly deliveries?: ReadonlyMap<string, Date | null>;
  /** How many snapshots in a row each failed probe has failed, by its name. */
  readonly failedProbes: ReadonlyMap<string, number>;
  readonly maintenance: PlannedDowntime | null;
};

/** Everything that health judges, before judgement. */
export type Condition = {
  readonly at: Date;
  readonly systems: readonly SystemCondition[];
  readonly streams: readonly StreamStatistics[];
  /** The last error of the entry that is sent next, for each stream whose delivery fails. */
  readonly deliveryErrors: ReadonlyMap<string, string>;
  /** True if finished jobs were ever stored. */
  readonly hasJobs: boolean;
  /** Time up to which the finished jobs of each cluster were read, by its name. */
  readonly exportedUntil: ReadonlyMap<string, Date>;
  /** Number of unacknowledged recoveries of the outbox. */
  readonly damages: number;
  /** Undelivered entries deleted for lack of space in the last day. */
  readonly givenUp: number;
  /** Snapshots in the fallback directory. */
  readonly spooled: number;
  /** Why the fallback directory cannot be used; null if it can be. */
  readonly spoolProblem: string | null;
  /** The problem with the socket names of our locks; null if there is none. */
  readonly lockProblem: string | null;
  /** The network filesystem of the outbox; null for a local one. */
  readonly networkFilesystem: string | null;
  readonly diskFreeBytes: number;
  readonly usedBytes: number;
};

/** Planned downtime: a maintenance that was started by command, or a planned outage, whose end can be unknown. */
export type PlannedDowntime = { readonly system: string; readonly until: Date | null; readonly reason: string | null };

export type ConditionOptions = {
  readonly file: string;
  readonly spool: Spool;
  /** The systems to expect; null for those with entries in the outbox. */
  readonly systems: readonly string[] | null;
  /** Default: the routes of a configuration without destinations of its own. */
  readonly routes?: Routes;
};

/** Which destinations get snapshots, which get finished jobs, and which get the snapshots of a system. */
export type Routes = {
  readonly status: readonly string[];
  readonly jobs: readonly string[];
  ofSystem(name: string): readonly string[];
};

const defaultRoutes: Routes = {
  status: [defaultDestination],
  jobs: [defaultJobsDestination],
  ofSystem: () => [defaultDestination],
};

/** Number of snapshots of a system to consider: four hours. */
const lookedAt = 48;
/** A time further in the future than this comes from a wrong clock and is ignored, in milliseconds. */
const future = 60_000;

/** Reads the state of the outbox, the fallback directory and the disk; writes nothing. */
export function conditionOf(
  outbox: Outbox,
  { file, spool, systems, routes = defaultRoutes }: ConditionOptions,
  now: Date,
): Condition {
  const everStored = streamNames(outbox);
  const watched = systems ?? everStored.flatMap((stream) => systemOfStream(stream, routes.status) ?? []);
  const delivered = newestDelivered(outbox);
  const inMaintenance = [...maintenances(outbox, now), ...plannedNow(outbox, now).map(maintenanceOfOutage)];
  const names = new Set([...watched, ...inMaintenance.map(({ system }) => system)]);
  const disk = statfsSync(dirname(file));
  return {
    at: now,
    systems: [...names].map((name) => {
      const maintenance = inMaintenance.find(({ system }) => system === name) ?? null;
      const newest = routes.ofSystem(name).map((to) => [to, delivered.get(samStream(name, to)) ?? null] as const);
      return systemCondition(outbox, name, new Map(newest), maintenance, now);
    }),
    streams: streamStatistics(outbox, now),
    deliveryErrors: new Map(
      [...streamHeads(outbox)].flatMap(([stream, { lastError }]) => (lastError === null ? [] : [[stream, lastError]])),
    ),
    hasJobs: everStored.some((stream) => isIngestStream(stream, routes.jobs)),
    exportedUntil: readUntilOfClusters(outbox),
    damages: unacknowledgedDamage(outbox).length,
    givenUp: countGivenUp(outbox, new Date(now.getTime() - 86_400_000)),
    spooled: spool.entries().length,
    spoolProblem: spool.problem(),
    lockProblem: socketLockProblem(),
    networkFilesystem: networkFilesystem(disk.type),
    diskFreeBytes: disk.bavail * disk.bsize,
    usedBytes: outbox.usedBytes,
  };
}

function systemCondition(
  outbox: Outbox,
  name: string,
  newest: ReadonlyMap<string, Date | null>,
  maintenance: PlannedDowntime | null,
  now: Date,
): SystemCondition {
  const isPast = (time: Date | null): time is Date => time !== null && time.getTime() <= now.getTime() + future;
  const until = new Date(now.getTime() + future);
  const [first = defaultDestination] = newest.keys();
  const entries = latestEntries(outbox, samStream(name, first), until, lookedAt);
  const deliveries = new Map([...newest].map(([destination, time]) => [destination, isPast(time) ? time : null]));
  const deliveredAt = earliestOf([...deliveries.values()]);
  return {
    name,
    // Delivered entries may already be pruned.
    storedAt: entries[0]?.collectedAt ?? deliveredAt,
    deliveredAt,
    ...(newest.size > 1 || first !== defaultDestination ? { deliveries } : {}),
    failedProbes: inARow(entries.map(({ failedProbes }) => failedProbes)),
    maintenance,
  };
}

/** Returns the earliest time; null if one is missing. */
function earliestOf(times: readonly (Date | null)[]): Date | null {
  const known = times.flatMap((time) => (time === null ? [] : [time.getTime()]));
  return known.length < times.length || known.length === 0 ? null : new Date(Math.min(...known));
}

/** Counts for each name of the first list how many lists contain it in a row. */
function inARow(lists: readonly (readonly string[])[]): Map<string, number> {
  return new Map(
    (lists[0] ?? []).map((name) => {
      const end = lists.findIndex((list) => !list.includes(name));
      return [name, end < 0 ? lists.length : end];
    }),
  );
}

function maintenanceOfOutage({ system_name, estimated_resolution, title }: KnownOutage): PlannedDowntime {
  return { system: system_name, until: estimated_resolution ?? null, reason: title };
}
