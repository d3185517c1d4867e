import { signal } from '@preact/signals';

/** The zone of the site, which the receiver writes into the page. */
const siteZone = document.documentElement.dataset.timeZone || 'UTC';

/** True if the zone of the site is UTC. Browsers resolve its other names, such as `Zulu`, to one of these. */
export const isUtcSite = ['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT'].includes(
  new Intl.DateTimeFormat('en', { timeZone: siteZone }).resolvedOptions().timeZone,
);

/** True if the pages show times in UTC. */
export const showsUtc = signal(localStorage.getItem('utc') === 'yes');

/** Shows all times in UTC, or in the zone of the site. */
export function showUtc(yes: boolean): void {
  showsUtc.value = yes;
  localStorage.setItem('utc', yes ? 'yes' : 'no');
}

/** Returns the zone in which the pages show times. */
export function zone(): string {
  return showsUtc.value ? 'UTC' : siteZone;
}

/** The time by the clock of this browser, in ms; it changes every 15 seconds, and what shows an age with it. */
export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 15_000);

/** Parses a time of the receiver, which is UTC and has no zone. Returns ms since 1970, null for none. */
export function parseTime(text: string | null | undefined): number | null {
  if (text === null || text === undefined || text === '') return null;
  const ms = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(ms) ? null : ms;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions, region = 'en-GB'): Intl.DateTimeFormat {
  const key = `${zone()} ${region} ${name}`;
  const made = formats.get(key) ?? new Intl.DateTimeFormat(region, { ...options, timeZone: zone() });
  formats.set(key, made);
  return made;
}

const date = { weekday: 'short', day: 'numeric', month: 'short' } as const;
const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;

/** Each region names its own zones, and calls others `GMT-7`. */
const regions = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA'];

/** Returns the short name of the zone at a time, such as `MST`. */
function zoneName(ms: number): string {
  const names = regions.map((region) => {
    const parts = format('zone', { timeZoneName: 'short' }, region).formatToParts(ms);
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  });
  return names.find((name) => !/^GMT.|^$/.test(name)) ?? names[0] ?? '';
}

/** Returns `Sat 28 Nov, 03:04 MST`. */
export function dateTime(ms: number): string {
  return `${format('date-time', { ...date, ...clock }).format(ms)} ${zoneName(ms)}`;
}

/** Returns `Saturday 28 November 2026 at 03:04:49 MST`, for a title. */
export function fullTime(ms: number): string {
  return `${format('full', { dateStyle: 'full', timeStyle: 'medium' }).format(ms)} ${zoneName(ms)}`;
}

/** Returns `03:04`. */
export function clockTime(ms: number): string {
  return format('clock', clock).format(ms);
}

/** Returns `Sat 28 Nov`. */
export function day(ms: number): string {
  return format('day', date).format(ms);
}

/** Returns `28 Nov 2026`. */
export function dayOfYear(ms: number): string {
  return format('day-of-year', { day: 'numeric', month: 'short', year: 'numeric' }).format(ms);
}

/** Returns `November 2026`. */
export function monthName(ms: number): string {
  return format('month', { month: 'long', year: 'numeric' }).format(ms);
}

/** Returns `2026-11-28`, the day in the zone of the pages. */
export function isoDay(ms: number): string {
  return format('iso', { year: 'numeric', month: '2-digit', day: '2-digit' })
    .formatToParts(ms)
    .reduce((text, { type, value }) => text.replace(type, value), 'year-month-day');
}

/** Returns the time at which a day such as `2026-11-28` begins in the zone of the pages, in ms. */
export function startOfDay(isoDate: string): number {
  return fromWallClock(Date.parse(`${isoDate}T00:00:00Z`));
}

/** Returns the time at which the clock of the zone has a reading; the reading is as if it were UTC, in ms. */
export function fromWallClock(reading: number): number {
  // The offset at the guess can differ from that at the result on a day when clocks change, so correct it twice.
  return [0, 1].reduce((ms) => ms - (wallClock(ms) - reading), reading);
}

/** Returns the reading of the clock of the zone as if it were UTC, in ms. */
export function wallClock(ms: number): number {
  const parts = new Map(
    format('wall', {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    })
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** Returns a length of time in words with at most two units: `45 s`, `3 min`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 || days >= 10 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** Returns `3 min ago`, `in 2 h`, or `just now` for less than half a minute. */
export function age(ms: number): string {
  const passed = now.value - ms;
  if (Math.abs(passed) < 30_000) return 'just now';
  return passed > 0 ? `${duration(passed)} ago` : `in ${duration(-passed)}`;
}
