import { expect, test } from 'bun:test';
import { snapshotTimestamp } from '../../src/snapshot/timestamp.ts';

const at = new Date('2025-11-25T14:30:00.042Z');

test.each([
  ['derecho', '2025-11-25T14:30:00.042024'],
  ['casper', '2025-11-25T14:30:00.042882'],
  ['jupyterhub', '2025-11-25T14:30:00.042657'],
])('the last three digits of a timestamp of %s are always the same', (system, timestamp) => {
  expect(snapshotTimestamp(at, system)).toBe(timestamp);
});

test('no system has 000, which senders with milliseconds have', () => {
  const digits = Array.from({ length: 5000 }, (_, n) => snapshotTimestamp(at, `system${n}`).slice(-3));
  expect(digits).not.toContain('000');
  expect(new Set(digits).size).toBeGreaterThan(900);
});
