import { canonicalTimestamp, timestampAt } from '../timestamp.ts';
import type { Fault } from './fault.ts';

const pattern = /^(\d{4}-\d{2}-\d{2})(?:[Tt _](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)([Zz]|[+\-\u2212]\d{2}:?\d{2})?)?$/;
/** A month and a day of it, but for 29 February. */
const monthDay = String.raw`(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31`;
/** Canonical text without a fraction. Almost all times of jobs are such. */
const canonical = new RegExp(String.raw`^(?!0000)\d{4}-(?:${monthDay})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$`);
/** Larger numbers are milliseconds. */
const maxEpochSeconds = 2e10;

/**
 * Reads a time as the ingest API does (pydantic's `datetime`): ISO 8601 with `T` or a blank and an optional zone, a date,
 * or seconds or milliseconds since 1970 as a number or a string. Returns canonical text without a zone: UTC for a time
 * with a zone or an epoch, and any other time as it was sent.
 */
export function datetime(value: unknown): string | Fault {
  if (typeof value === 'number') return datetimeOfEpoch(value);
  if (typeof value !== 'string') return { type: 'datetime_type', msg: 'Input should be a valid datetime' };
  if (canonical.test(value)) return value;
  if (/^[+-]?\d+(\.\d+)?$/.test(value)) return datetimeOfEpoch(Number(value));
  return datetimeIn(value) ?? unreadable(value);
}

/** Returns null if the text is not a time in the years 1 to 9999. */
function datetimeIn(text: string): string | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const [, day = '', time = '00:00', zone = ''] = match;
  return canonicalTimestamp(`${day}T${time}${zone.replace('\u2212', '-')}`);
}

function datetimeOfEpoch(epoch: number): string | Fault {
  const perSecond = Math.abs(epoch) > maxEpochSeconds ? 1000 : 1;
  // Separate the whole seconds: a double cannot count all microseconds since 1970.
  const seconds = Math.floor(epoch / perSecond);
  const microseconds = Math.round(((epoch - seconds * perSecond) / perSecond) * 1_000_000);
  const carried = microseconds === 1_000_000 ? 1 : 0;
  const fraction = String(microseconds - carried * 1_000_000).padStart(6, '0');
  return timestampAt((seconds + carried) * 1000, fraction) ?? outOfRange(epoch < 0 ? beforeYearOne : tooLate);
}

const beforeYearOne = 'year 0 is out of range';
const tooLate = 'dates after 9999 are not supported as unix timestamps';

/** The forms that a date must have, from its beginning, and the message for a text that does not have one. */
const expected: readonly (readonly [RegExp, string])[] = [
  [/^.{10}/s, 'input is too short'],
  [/^\d{4}/, 'invalid character in year'],
  [/^.{4}-/s, 'invalid date separator, expected `-`'],
  [/^.{5}\d\d/s, 'invalid character in month'],
  [/^.{7}-/s, 'invalid date separator, expected `-`'],
  [/^.{8}\d\d/s, 'invalid character in day'],
  [/^.{5}(0[1-9]|1[0-2])/s, 'month value is outside expected range of 1-12'],
];

function unreadable(text: string): Fault {
  const error = expected.find(([form]) => !form.test(text))?.[1] ?? wrongEnd(text.slice(0, 10), text.slice(10));
  if (error === null) return outOfRange(text.startsWith('0000') ? beforeYearOne : 'its year in UTC is out of range');
  return {
    type: 'datetime_from_date_parsing',
    msg: `Input should be a valid datetime or date, ${error}`,
    ctx: { error },
  };
}

/** Returns what is wrong with a text that begins like a date; null if nothing is. */
function wrongEnd(day: string, rest: string): string | null {
  // The year 0 does not exist, but it would be a leap year, as 2000 is.
  if (datetimeIn(day.replace(/^0000/, '2000')) === null) return 'day value is outside expected range';
  return datetimeIn(`2000-01-01${rest}`) === null ? 'unexpected extra characters at the end of the input' : null;
}

function outOfRange(error: string): Fault {
  return { type: 'datetime_parsing', msg: `Input should be a valid datetime, ${error}`, ctx: { error } };
}
