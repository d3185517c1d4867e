import { expect, test } from 'bun:test';
import { type RangeArgs, rangeOf } from '../../../src/commands/jobs/range.ts';
import { exportLine } from '../../../src/run/jobs/export-progress.ts';

const now = new Date('2026-11-20T12:00:00Z');
const span = (args: RangeArgs, zone = 'UTC') => {
  const { since, until } = rangeOf(args, zone, now);
  return [since, until].map((moment) => moment?.toISOString().slice(0, 19) ?? null);
};

test.each<[RangeArgs, string, (string | null)[]]>([
  [{}, 'UTC', [null, null]],
  [{ since: '2026-11-01' }, 'UTC', ['2026-11-01T00:00:00', null]],
  // Moments are UTC, or say what they are; days are the cluster's.
  [
    { since: '2026-11-01T10:00', until: '2026-11-02T00:00-07:00' },
    'America/Denver',
    ['2026-11-01T10:00:00', '2026-11-02T07:00:00'],
  ],
  [{ 'start-date': '2026-07-01', 'end-date': '2026-07-01' }, 'UTC', ['2026-07-01T00:00:00', '2026-07-02T00:00:00']],
  [{ 'start-date': '2026-07-01' }, 'America/Denver', ['2026-07-01T06:00:00', null]],
  // The day on which the clocks go back has 25 hours.
  [
    { 'start-date': '2026-11-01', 'end-date': '2026-11-01' },
    'America/Denver',
    ['2026-11-01T06:00:00', '2026-11-02T07:00:00'],
  ],
  [{ 'start-date': '2024-02-28', 'end-date': '2024-02-28' }, 'UTC', ['2024-02-28T00:00:00', '2024-02-29T00:00:00']],
  [{ 'start-date': '2025-12-31', 'end-date': '2025-12-31' }, 'UTC', ['2025-12-31T00:00:00', '2026-01-01T00:00:00']],
  [{ days: '1' }, 'UTC', ['2026-11-19T00:00:00', null]],
  [{ days: '30' }, 'Europe/Berlin', ['2026-10-20T22:00:00', null]],
  [{ days: '2', until: '2026-01-10' }, 'UTC', ['2026-01-08T00:00:00', '2026-01-10T00:00:00']],
  [{ until: '2026-11-10' }, 'UTC', [null, '2026-11-10T00:00:00']],
  // sacct knows no parts of seconds.
  [{ since: '2026-11-01T10:00:00.900' }, 'UTC', ['2026-11-01T10:00:00', null]],
])('%p in %s', (args, zone, expected) => {
  expect(span(args, zone)).toEqual(expected);
});

test.each<[RangeArgs, string]>([
  [{ since: '2026-11-01', days: '1' }, '--since and --days cannot be used together: give one of them'],
  [
    { since: '2026-11-01', 'start-date': '2026-11-01' },
    '--since and --start-date cannot be used together: give one of them',
  ],
  [{ 'start-date': '2026-11-01', days: '1' }, '--start-date and --days cannot be used together: give one of them'],
  [
    { until: '2026-11-01', 'end-date': '2026-11-01' },
    '--until and --end-date cannot be used together: give one of them',
  ],
  [{ since: '2026-11-20T12:00:01' }, 'the range begins in the future: it is 2026-11-20 12:00:00 UTC now'],
  [{ 'start-date': '2026-11-21' }, 'the range begins in the future: it is 2026-11-20 12:00:00 UTC now'],
  [
    { since: '2026-11-02', until: '2026-11-02' },
    'the range is empty: it begins at 2026-11-02 00:00:00 and ends at 2026-11-02 00:00:00 UTC',
  ],
  [
    { 'start-date': '2026-11-03', 'end-date': '2026-11-01' },
    'the range is empty: it begins at 2026-11-03 00:00:00 and ends at 2026-11-02 00:00:00 UTC',
  ],
  [{ since: 'yesterday' }, '--since yesterday: give a time in ISO 8601, UTC, such as 2026-05-01T18:00'],
  [{ until: 'x'.repeat(41) }, `--until ${'x'.repeat(40)}…: give a time in ISO 8601, UTC, such as 2026-05-01T18:00`],
  [{ 'start-date': '2026-11-01T00:00' }, '--start-date 2026-11-01T00:00: give a day, such as 2026-05-01'],
  [{ 'end-date': '2026-02-30' }, '--end-date 2026-02-30: give a day, such as 2026-05-01'],
  [{ 'end-date': 'x'.repeat(41) }, `--end-date ${'x'.repeat(40)}…: give a day, such as 2026-05-01`],
  [{ days: '0' }, '--days 0: give a number of days'],
  [{ days: '1.5' }, '--days 1.5: give a number of days'],
  [{ days: '-1' }, '--days -1: give a number of days'],
  [{ days: '123456' }, '--days 123456: give a number of days'],
  [{ days: 'x'.repeat(41) }, `--days ${'x'.repeat(40)}…: give a number of days`],
])('%j is refused', (args, message) => {
  expect(() => rangeOf(args, 'UTC', now)).toThrow(new Error(message));
});

test('a range can begin now', () => {
  expect(span({ since: '2026-11-20T12:00:00' })).toEqual(['2026-11-20T12:00:00', null]);
});

test('the line on the terminal', () => {
  const at = { label: '2026-11-20', unit: 'day', parts: 365, stored: 1234, rows: 34_567, elapsed: 60_000 };
  expect(exportLine({ ...at, done: 0 })).toBe('2026-11-20, day 1 of 365: 34,567 lines; 1,234 jobs stored');
  expect(exportLine({ ...at, done: 12 })).toBe(
    '2026-11-20, day 13 of 365: 34,567 lines; 1,234 jobs stored, 29m25s to go',
  );
});
