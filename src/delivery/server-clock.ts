import type { Database } from 'bun:sqlite';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Entry } from '../outbox/entry.ts';
import { readFact, writeFact } from '../outbox/facts.ts';
import type { Destination } from './destination.ts';

/** How far a clock may be off before what it stamped is not believed, in milliseconds. */
export const tolerance = 5 * 60 * 1000;

const sighting = z.object({ server: z.number(), uptime: z.number(), boot: z.string() });

/** What a destination's clock said, and how long this host was up then: that goes on evenly while its clock jumps. */
export type Sighting = z.infer<typeof sighting>;

/** A sighting made now, of an HTTP `Date` header; null where the host does not tell how long it is up. */
export function sightingOf(date: Date): Sighting | null {
  const uptime = readUptime();
  return uptime === null ? null : { server: date.getTime(), ...uptime };
}

export function rememberSighting(database: Database, seen: Sighting): void {
  writeFact(database, 'clock', JSON.stringify(seen));
}

/**
 * The moment before which everything must have been collected, in milliseconds: now by this host's clock, or by the
 * destination's where that was seen since the host was started and this one is ahead of it by more than the tolerance.
 */
export function latestBelievable(database: Database, now: number): number {
  const remembered = readFact(database, 'clock');
  const seen = remembered === null ? null : sighting.safeParse(JSON.parse(remembered)).data;
  const uptime = readUptime();
  if (!seen || !uptime || seen.boot !== uptime.boot) return now + tolerance;
  const byServer = seen.server + (uptime.uptime - seen.uptime) * 1000;
  return Math.min(now, byServer) + tolerance;
}

/** Whether an entry was collected at a moment that has not come yet, and its destination would show it as such. */
export function isFromTheFuture(entry: Entry, { showsMoments }: Destination, database: Database): boolean {
  return showsMoments && entry.collectedAt.getTime() > latestBelievable(database, Date.now());
}

/** proc(5): seconds since the host was started, and the start's own id. */
function readUptime(): { uptime: number; boot: string } | null {
  try {
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    return { uptime, boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() };
  } catch {
    return null;
  }
}
