import { expect, test } from 'bun:test';
import { progressLine } from '../../src/commands/progress.ts';

test.each([
  [{ delivered: 0, rejected: 0 }, 5, 1000, '0 delivered, 5 left, 0.0/min'],
  [{ delivered: 120, rejected: 2 }, 380, 122_000, '120 delivered, 2 rejected, 380 left, 60/min, 6m20s to go'],
  [{ delivered: 3, rejected: 0 }, 25_917, 180_000, '3 delivered, 25917 left, 1.0/min, 17d23h to go'],
  [{ delivered: 9, rejected: 0 }, 0, 9000, '9 delivered, 0 left, 60/min'],
])('%p with %p left after %p ms', (done, left, elapsed, expected) => {
  expect(progressLine(done, left, elapsed)).toBe(expected);
});
