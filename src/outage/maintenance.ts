import type { Database } from 'bun:sqlite';
import { z } from 'zod';
import { readJsonFact, writeFact } from '../outbox/metadata.ts';

const moment = z.iso.datetime().transform((text) => new Date(text));
const remembered = z.array(
  z.object({ system: z.string(), since: moment, until: moment, reason: z.string().nullable() }),
);

/** A system that is down on purpose: nobody is told of it, and no outage is detected, until the moment has come. */
export type Maintenance = z.output<typeof remembered>[number];

/** Those that are under way, by system; one whose time is over is none any more. */
export function maintenances(database: Database, now: Date): Maintenance[] {
  return latest(database).filter(({ until }) => until > now);
}

/** Whether a system is in maintenance, by its name. */
export function isInMaintenance(database: Database, system: string, now: Date): boolean {
  return maintenances(database, now).some((one) => one.system === system);
}

/** When the last one of a system was over; null where there was none. */
export function maintenanceEnd(database: Database, system: string, now: Date): Date | null {
  return latest(database).find((one) => one.system === system && one.until <= now)?.until ?? null;
}

/** Begins one, in the place of another of the same system. */
export function startMaintenance(database: Database, started: Maintenance): void {
  database
    .transaction(() => {
      const others = latest(database).filter(({ system }) => system !== started.system);
      write(database, [...others, started]);
    })
    .immediate();
}

/** Ends one before its time; false where there is none. */
export function endMaintenance(database: Database, system: string, now: Date): boolean {
  return database
    .transaction(() => {
      if (!isInMaintenance(database, system, now)) return false;
      write(
        database,
        latest(database).map((one) => (one.system === system ? { ...one, until: now } : one)),
      );
      return true;
    })
    .immediate();
}

/** The last one of each system, which may be over. */
function latest(database: Database): Maintenance[] {
  return readJsonFact(database, 'maintenance', remembered) ?? [];
}

function write(database: Database, all: readonly Maintenance[]): void {
  writeFact(database, 'maintenance', JSON.stringify([...all].sort((a, b) => (a.system < b.system ? -1 : 1))));
}
