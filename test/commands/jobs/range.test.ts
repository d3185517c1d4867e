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

test('the line on the terminal', () => {
  const at = { label: '2026-11-20', unit: 'day', parts: 365, stored: 1234, rows: 34_567, elapsed: 60_000 };
  expect(exportLine({ ...at, done: 0 })).toBe('2026-11-20, day 1 of 365: 34,567 lines; 1,234 jobs stored');
  expect(exportLine({ ...at, done: 12 })).toBe(
    '2026-11-20, day 13 of 365: 34,567 lines; 1,234 jobs stored, 29m25s to go',
  );
});
