import { z } from 'zod';
import type { Outbox } from '../outbox/outbox.ts';

const timestamp = z.iso.datetime().transform((text) => new Date(text));
const remembered = z.array(
  z.object({ system: z.string(), since: timestamp, until: timestamp, reason: z.string().nullable() }),
);

/** Planned downtime of a system: until its end no messages are sent about the system and no outage is detected. */
export type Maintenance = z.output<typeof remembered>[number];

/** Returns the current maintenances, sorted by system. */
export function maintenances(outbox: Outbox, now: Date): Maintenance[] {
  return latest(outbox).filter(({ until }) => until > now);
}

/** True if a system is in maintenance. */
export function isInMaintenance(outbox: Outbox, system: string, now: Date): boolean {
  return maintenances(outbox, now).some((one) => one.system === system);
}

/** Returns the end of the last maintenance of a system; null if there was none. */
export function maintenanceEnd(outbox: Outbox, system: string, now: Date): Date | null {
  return latest(outbox).find((one) => one.system === system && one.until <= now)?.until ?? null;
}

/** Starts a maintenance; replaces an earlier one of the same system. */
export function startMaintenance(outbox: Outbox, started: Maintenance): void {
  outbox.atomically(() => {
    const others = latest(outbox).filter(({ system }) => system !== started.system);
    write(outbox, [...others, started]);
  });
}

/** Ends a maintenance early; returns false if there is none. */
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

/** Returns the last maintenance of each system, which can be over. */
function latest(outbox: Outbox): Maintenance[] {
  return outbox.metadata.readJson('maintenance', remembered) ?? [];
}

function write(outbox: Outbox, all: readonly Maintenance[]): void {
  outbox.metadata.write('maintenance', JSON.stringify([...all].sort((a, b) => (a.system < b.system ? -1 : 1))));
}
