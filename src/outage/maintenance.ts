import { z } from 'zod';
import type { Outbox } from '../outbox/outbox.ts';

const moment = z.iso.datetime().transform((text) => new Date(text));
const remembered = z.array(
  z.object({ system: z.string(), since: moment, until: moment, reason: z.string().nullable() }),
);

/** A system that is down on purpose: nobody is told of it, and no outage is detected, until the moment has come. */
export type Maintenance = z.output<typeof remembered>[number];

/** Those that are under way, by system; one whose time is over is none any more. */
export function maintenances(outbox: Outbox, now: Date): Maintenance[] {
  return latest(outbox).filter(({ until }) => until > now);
}

/** Whether a system is in maintenance, by its name. */
export function isInMaintenance(outbox: Outbox, system: string, now: Date): boolean {
  return maintenances(outbox, now).some((one) => one.system === system);
}

/** When the last one of a system was over; null where there was none. */
export function maintenanceEnd(outbox: Outbox, system: string, now: Date): Date | null {
  return latest(outbox).find((one) => one.system === system && one.until <= now)?.until ?? null;
}

/** Begins one, in the place of another of the same system. */
export function startMaintenance(outbox: Outbox, started: Maintenance): void {
  outbox.atomically(() => {
    const others = latest(outbox).filter(({ system }) => system !== started.system);
    write(outbox, [...others, started]);
  });
}

/** Ends one before its time; false where there is none. */
export function endMaintenance(outbox: Outbox, system: string, now: Date): boolean {
  return outbox.atomically(() => {
    if (!isInMaintenance(outbox, system, now)) return false;
    write(
      outbox,
      latest(outbox).map((one) => (one.system === system ? { ...one, until: now } : one)),
    );
    return true;
  });
}

/** The last one of each system, which may be over. */
function latest(outbox: Outbox): Maintenance[] {
  return outbox.metadata.readJson('maintenance', remembered) ?? [];
}

function write(outbox: Outbox, all: readonly Maintenance[]): void {
  outbox.metadata.write('maintenance', JSON.stringify([...all].sort((a, b) => (a.system < b.system ? -1 : 1))));
}
