import { canonicalTimestamp, timestampAt } from '../timestamp.ts';
import type { Fault } from './fault.ts';

const pattern = /^(\d{4}-\d{2}-\d{2})(?:[Tt _](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)([Zz]|[+\-\u2212]\d{2}:?\d{2})?)?$/;
/** Larger numbers are milliseconds. */
const maxEpochSeconds = 2e10;

/**
 * Takes a time as the ingest API does (pydantic's `datetime`): ISO 8601 with `T` or a blank, perhaps with a zone, a date,
 * or seconds or milliseconds since 1970, as a number or a string. Returns the text that the database has, naive: what
 * carries a zone, or counts from 1970, as UTC; what is naive already, as it was sent.
 */
export function moment(value: unknown): string | Fault {
  if (typeof value === 'number') return momentOfEpoch(value);
  if (typeof value !== 'string') return { type: 'datetime_type', msg: 'Input should be a valid datetime' };
  if (/^[+-]?\d+(\.\d+)?$/.test(value)) return momentOfEpoch(Number(value));
  return momentIn(value) ?? unreadable(value);
}

/** Null for what is no time, or none in the years 1 to 9999. */
function momentIn(text: string): string | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const [, day = '', time = '00:00', zone = ''] = match;
  return canonicalTimestamp(`${day}T${time}${zone.replace('\u2212', '-')}`);
}

function momentOfEpoch(epoch: number): string | Fault {
  const perSecond = Math.abs(epoch) > maxEpochSeconds ? 1000 : 1;
  // The whole seconds apart: all microseconds since 1970 are more than a double can count.
  const seconds = Math.floor(epoch / perSecond);
  const microseconds = Math.round(((epoch - seconds * perSecond) / perSecond) * 1_000_000);
  const carried = microseconds === 1_000_000 ? 1 : 0;
  const fraction = String(microseconds - carried * 1_000_000).padStart(6, '0');
  return timestampAt((seconds + carried) * 1000, fraction) ?? outOfRange(epoch < 0 ? beforeYearOne : tooLate);
}

const beforeYearOne = 'year 0 is out of range';
const tooLate = 'dates after 9999 are not supported as unix timestamps';

/** What a date must look like, from its beginning, and what is said where it does not. */
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

/** What is wrong with a date that looks like one, or behind it; null where both are right. */
function wrongEnd(day: string, rest: string): string | null {
  // The calendar has no year 0; it would be a leap year, as 2000 is.
  if (momentIn(day.replace(/^0000/, '2000')) === null) return 'day value is outside expected range';
  return momentIn(`2000-01-01${rest}`) === null ? 'unexpected extra characters at the end of the input' : null;
}

function outOfRange(error: string): Fault {
  return { type: 'datetime_parsing', msg: `Input should be a valid datetime, ${error}`, ctx: { error } };
}
