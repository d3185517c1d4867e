import { timeInZone } from '../../lib/time.ts';
import type { StoredTimes } from '../store/clusters.ts';

/** Days are counted from 1970-01-01; times are seconds since then, UTC. */
export type ClusterClock = {
  /** Returns the time of a stored text, without its fraction. */
  timeOf(text: string): number;
  /** Returns the local day of a time. */
  dayOf(time: number): number;
  /** Returns the time at which a local day begins. Days of a change to or from summer time have 23 or 25 hours. */
  beginOf(day: number): number;
  /** Returns the least text that a stored time of a local day can have. */
  leastTextOf(day: number): string;
};

const daySeconds = 86_400;
/** The year 10,000 has no texts of the stored form; "~" sorts after all of them. */
const afterAllTexts = '~';

/**
 * Returns the clock of a cluster.
 * @param timeZone the IANA zone at whose midnight the days of the cluster begin
 * @param storedTimes whether its stored times are UTC, or local times of that zone
 */
export function clusterClock(timeZone: string, storedTimes: StoredTimes): ClusterClock {
  if (timeZone === 'UTC') {
    return {
      timeOf: secondsIn,
      dayOf: (time) => Math.floor(time / daySeconds),
      beginOf: (day) => day * daySeconds,
      leastTextOf: (day) => textOf(day * daySeconds),
    };
  }
  const begins = remembered((day: number) => inZone(day * daySeconds, timeZone));
  const dayOf = (time: number): number => {
    let day = Math.floor(time / daySeconds);
    while (time < begins(day)) day -= 1;
    while (time >= begins(day + 1)) day += 1;
    return day;
  };
  // Zones change their offset only at quarters of an hour.
  const quarter = 900;
  const quarters = remembered((index: number) => inZone(index * quarter, timeZone));
  const isLocal = storedTimes === 'local';
  return {
    timeOf(text) {
      const seconds = secondsIn(text);
      if (!isLocal) return seconds;
      return quarters(Math.floor(seconds / quarter)) + (((seconds % quarter) + quarter) % quarter);
    },
    dayOf,
    beginOf: begins,
    leastTextOf: (day) => textOf(isLocal ? day * daySeconds : begins(day)),
  };
}

/** Returns a date as `2026-11-20`; empty outside the years 1 to 9999. */
export function dateOfDay(day: number): string {
  const text = textOf(day * daySeconds);
  return text === afterAllTexts ? '' : text.slice(0, 10);
}

/** Returns the day of a date such as `2026-11-20`, which must be valid. */
export function dayOfDate(date: string): number {
  return Math.floor(secondsIn(`${date}T00:00:00`) / daySeconds);
}

/** Returns the hours from one time to another; null if one is not known, or if the second is before the first. */
export function hoursBetween(from: number | null, to: number | null): number | null {
  return from === null || to === null || to < from ? null : (to - from) / 3600;
}

/** Returns the time at which the clocks of a zone show what the clocks of UTC show at `seconds`. */
function inZone(seconds: number, timeZone: string): number {
  const shown = new Date(seconds * 1000);
  if (Number.isNaN(shown.getTime())) return seconds;
  const local = {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
  };
  // Date.UTC takes the years 0 to 99 for 1900 to 1999. No zone differs from UTC by a whole number of years.
  if (local.year < 100) return seconds;
  return timeInZone(local, timeZone).getTime() / 1000;
}

/** Reads the digits of canonical text: Date.parse takes ten times as long for a hundred thousand jobs. */
function secondsIn(text: string): number {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const days = daysBeforeMonth(year, month) + digits(text, 8, 10) - 1;
  return days * daySeconds + digits(text, 11, 13) * 3600 + digits(text, 14, 16) * 60 + digits(text, 17, 19);
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let index = from; index < to; index++) value = value * 10 + text.charCodeAt(index) - 48;
  return value;
}

const monthStarts = remembered((months: number) => {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(months / 12), months % 12, 1);
  return date.getTime() / 1000 / daySeconds;
});

function daysBeforeMonth(year: number, month: number): number {
  return monthStarts(year * 12 + month - 1);
}

function textOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  const year = Number.isNaN(date.getTime()) ? 10_000 : date.getUTCFullYear();
  if (year > 9999) return afterAllTexts;
  return year < 1 ? '' : date.toISOString().slice(0, 19);
}

/** Returns the function with a memory of its last ten thousand results. */
function remembered(compute: (key: number) => number): (key: number) => number {
  const results = new Map<number, number>();
  return (key) => {
    let result = results.get(key);
    if (result === undefined) {
      if (results.size >= 10_000) results.clear();
      result = compute(key);
      results.set(key, result);
    }
    return result;
  };
}
