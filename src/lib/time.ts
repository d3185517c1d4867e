/**
 * Returns a time in the format of the SAM API: UTC, ISO 8601 with milliseconds and without an offset. With a `Z`, the
 * API answers 500 from the second snapshot on.
 */
export function naiveUtc(time: Date): string {
  return time.toISOString().slice(0, -1);
}

/** Formats a time for people and logs: `2025-11-25 14:30:00`, UTC. */
export function readableUtc(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}

/** The longest wait for a next attempt, in milliseconds: the longest `Retry-After` that a drain obeys. */
export const longestRest = 3_600_000;

/**
 * True for a time of a next attempt that is not too far in the future. A later one was stored while the clock of this
 * host was wrong.
 */
export function isBelievableRest(until: Date, now: Date): boolean {
  return until.getTime() - now.getTime() <= longestRest;
}

/** True for an IANA time zone name that this program knows. */
export function isTimeZone(name: string): boolean {
  try {
    // Temporal also takes a whole time, and reads its zone.
    return zoned(new Date(0), name).timeZoneId.toLowerCase() === name.toLowerCase();
  } catch {
    return false;
  }
}

/** Returns the IANA name of the zone of this host's clock (`TZ`, or else /etc/localtime). */
export function hostTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A date and time without a zone; `month` from 1. */
export type LocalTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
};

/**
 * Returns the time at which the clocks of an IANA zone show a local time. A local time that daylight saving skips is
 * read with the offset before the change. For a local time that occurs twice, returns the first.
 */
export function timeInZone(local: LocalTime, timeZone: string): Date {
  return timesInZone(local, timeZone)[0];
}

/** Like `timeInZone`, but also returns the second time if a local time occurs twice because the clocks go back. */
export function timesInZone(local: LocalTime, timeZone: string): readonly [Date, ...Date[]] {
  // A day or hour that is too large counts on into the next month or day.
  const asUtc = new Date(Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second));
  const clock = zoned(asUtc, 'UTC').toPlainDateTime();
  const first = clock.toZonedDateTime(timeZone).epochMilliseconds;
  const last = clock.toZonedDateTime(timeZone, { disambiguation: 'later' }).epochMilliseconds;
  return first === last ? [new Date(first)] : [new Date(first), new Date(last)];
}

/** Returns the offset of a zone from UTC at a time, in milliseconds. */
function offsetAt(time: Date, timeZone: string): number {
  return zoned(time, timeZone).offsetNanoseconds / 1_000_000;
}

/** Uses Temporal, because the first `Intl.DateTimeFormat` of a process costs 5 ms. */
function zoned(time: Date, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(time.getTime()).toZonedDateTimeISO(timeZone);
}

const offsets = new Map<string, number>();

/**
 * Returns the local time of an IANA zone: `2026-11-21T00:07:32`. Caches the offset of each quarter of an hour, because
 * zones change their offset only at quarters of an hour. This makes many times on the same days fast.
 */
export function clockTime(time: Date, timeZone: string): string {
  if (timeZone === 'UTC') return time.toISOString().slice(0, 19);
  const milliseconds = time.getTime();
  const key = `${timeZone} ${Math.floor(milliseconds / 900_000)}`;
  let offset = offsets.get(key);
  if (offset === undefined) {
    if (offsets.size >= 10_000) offsets.clear();
    offset = offsetAt(time, timeZone);
    offsets.set(key, offset);
  }
  return new Date(milliseconds + offset).toISOString().slice(0, 19);
}
