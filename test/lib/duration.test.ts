import { expect, test } from 'bun:test';
import { parseDuration, shortDuration } from '../../src/lib/duration.ts';

test.each([
  ['0s', 0],
  ['90s', 90_000],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['3d', 259_200_000],
  ['1d12h', 129_600_000],
  ['', null],
  ['2', null],
  ['h', null],
  ['-2h', null],
  ['2H', null],
  ['1.5h', null],
  ['2 h', null],
  ['2w', null],
])('%p is %p', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  [0, '0s'],
  [59_400, '59s'],
  [60_000, '1m'],
  [200_000, '3m20s'],
  [3_600_000, '1h'],
  [7_500_000, '2h05m'],
  [86_400_000, '1d'],
  [30 * 86_400_000 + 4 * 3_600_000, '30d04h'],
  [-65_000, '-1m05s'],
])('%p ms are %p', (milliseconds, expected) => {
  expect(shortDuration(milliseconds)).toBe(expected);
});
