const datePattern = /^(?:(\d{4})-(\d{2})-(\d{2})|(\d{4})(\d{2})(\d{2})|(\d{4})-?W(\d{2})(?:-?([1-7]))?)$/;
const timePattern =
  /^(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?)?(?:([Zz])|([+-])(\d{2})(?::?(\d{2})(?::?(\d{2}))?)?)?$/;
const dayMs = 86_400_000;
/** The range of a Date (ECMAScript, "Time Values and Time Range"). */
const maxDateMs = 8.64e15;

/**
 * Parses an ISO 8601 date or time as Python's `datetime.fromisoformat` does, which the SAM API uses. A time without a
 * zone is UTC. Returns canonical text: UTC without a zone, as the SAM API echoes it (`2026-03-01T10:00:00`, with six
 * digits after the point if there is a fraction). Equal times are equal texts, and text order is time order. Returns
 * null if the text is not a time.
 */
export function canonicalTimestamp(text: string): string | null {
  const separator = /^([0-9W-]+?)[Tt ](.*)$/.exec(text);
  const day = daysOf(separator?.[1] ?? text);
  if (day === null) return null;
  const time = separator ? timeOf(separator[2] ?? '') : { ms: 0, fraction: '000000' };
  if (time === null) return null;
  return timestampAt(day * dayMs + time.ms, time.fraction);
}

/** Returns a date as canonical text, with its milliseconds. */
export function timestampOf(instant: Date): string {
  const iso = instant.toISOString();
  return timestampAt(Date.parse(`${iso.slice(0, 19)}Z`), `${iso.slice(20, 23)}000`) ?? iso.slice(0, 19);
}

/**
 * Returns the canonical text of a whole second, in milliseconds since 1970, and the six digits after its point; null
 * outside the years 1 to 9999.
 */
export function timestampAt(ms: number, fraction: string): string | null {
  if (!(Math.abs(ms) <= maxDateMs)) return null;
  const iso = new Date(ms).toISOString();
  // Outside the years 1 to 9999 the text has a sign and does not sort.
  if (iso.length !== 24 || iso.startsWith('0000')) return null;
  return fraction === '000000' ? iso.slice(0, 19) : `${iso.slice(0, 19)}.${fraction}`;
}

/** Returns the milliseconds since 1970 of canonical text, without its microsecondseconds. */
export function millisecondsOf(timestamp: string): number {
  return Date.parse(`${timestamp.slice(0, 23)}Z`);
}

/** Returns canonical text moved by whole seconds; the text itself if that is outside the years 1 to 9999. */
export function laterBy(timestamp: string, seconds: number): string {
  const ms = Date.parse(`${timestamp.slice(0, 19)}Z`) + seconds * 1000;
  return timestampAt(ms, timestamp.slice(20).padEnd(6, '0')) ?? timestamp;
}

function daysOf(text: string): number | null {
  const match = datePattern.exec(text);
  if (!match) return null;
  const [, y1, m1, d1, y2, m2, d2, weekYear, week, weekday = '1'] = match;
  if (weekYear !== undefined) return weekDays(Number(weekYear), Number(week), Number(weekday));
  return calendarDays(Number(y1 ?? y2), Number(m1 ?? m2), Number(d1 ?? d2));
}

function calendarDays(year: number, month: number, day: number): number | null {
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return real && year > 0 ? date.getTime() / dayMs : null;
}

function weekDays(year: number, week: number, weekday: number): number | null {
  const firstMonday = mondayOfWeekOne(year);
  const nextFirstMonday = mondayOfWeekOne(year + 1);
  if (firstMonday === null || nextFirstMonday === null || week < 1) return null;
  const monday = firstMonday + (week - 1) * 7;
  return monday < nextFirstMonday ? monday + weekday - 1 : null;
}

/** Week 1 is the week with the fourth of January. */
function mondayOfWeekOne(year: number): number | null {
  const fourth = calendarDays(year, 1, 4);
  return fourth === null ? null : fourth - ((((fourth + 3) % 7) + 7) % 7);
}

function timeOf(text: string): { ms: number; fraction: string } | null {
  const match = timePattern.exec(text);
  if (!match) return null;
  const [, hours, minutes = '0', seconds = '0', fraction = '', , sign, offsetHours, offsetMinutes, offsetSeconds] =
    match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  if (Number(offsetHours ?? 0) > 23 || Number(offsetMinutes ?? 0) > 59 || Number(offsetSeconds ?? 0) > 59) return null;
  const offset = Number(offsetHours ?? 0) * 3600 + Number(offsetMinutes ?? 0) * 60 + Number(offsetSeconds ?? 0);
  const local = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return { ms: (local - (sign === '-' ? -offset : offset)) * 1000, fraction: fraction.slice(0, 6).padEnd(6, '0') };
}
