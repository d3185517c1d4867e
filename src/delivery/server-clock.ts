import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { shortDuration } from '../lib/duration.ts';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { wasReleased } from '../outbox/release.ts';
import type { Destination } from './destination.ts';

/** How far two clocks may differ before one of them counts as wrong, in milliseconds. */
export const tolerance = 5 * 60 * 1000;

/**
 * How long a sighting is valid, in seconds. It must expire, because entries that are held because of it are not sent
 * and give no newer one. Each delivery renews it.
 */
const believedSeconds = 3600;

const sighting = z.object({ server: z.number(), uptime: z.number(), boot: z.string() });

/** The time of a destination's clock, and the uptime of this host then, which does not jump with the clock. */
export type ClockReading = z.infer<typeof sighting>;

/** Returns a sighting made now from an HTTP `Date` header; null if the uptime cannot be read. */
export function clockReadingOf(date: Date): ClockReading | null {
  const uptime = readUptime();
  return uptime === null ? null : { server: date.getTime(), ...uptime };
}

/** Stores the sighting for later drains. */
export function storeClockReading(outbox: Outbox, seen: ClockReading): void {
  outbox.metadata.write('clock', JSON.stringify(seen));
}

/**
 * Returns how far this host's clock is ahead of the destination's, in milliseconds; 0 unless a sighting of the last
 * hour since this host's start shows that. Ignores a damaged stored sighting.
 */
export function aheadOfServer(outbox: Outbox, now: number): number {
  const seen = outbox.metadata.readJson('clock', sighting);
  const uptime = readUptime();
  if (!seen || !uptime || seen.boot !== uptime.boot) return 0;
  const age = uptime.uptime - seen.uptime;
  if (age < 0 || age > believedSeconds) return 0;
  return Math.max(0, now - (seen.server + age * 1000));
}

/**
 * Returns why the timestamp of an entry is in the future, so that its destination would show it as the latest until
 * then; null if it is not, or if a person released the entry.
 */
export function futureOf(
  entry: Entry,
  { usesCollectionTime }: Pick<Destination, 'usesCollectionTime'>,
  outbox: Outbox,
): string | null {
  if (!usesCollectionTime) return null;
  const now = Date.now();
  const ahead = entry.collectedAt.getTime() - now;
  const difference = aheadOfServer(outbox, now);
  if (ahead + difference <= tolerance || wasReleased(outbox, entry)) return null;
  return ahead > tolerance
    ? 'the clock was or is wrong'
    : `this host's clock is ${shortDuration(difference)} ahead of the API's, so one of them is wrong`;
}

/** Reads the seconds since the host was started, and the id of that start (proc(5)). */
function readUptime(): { uptime: number; boot: string } | null {
  try {
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    return { uptime, boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() };
  } catch {
    return null;
  }
}
