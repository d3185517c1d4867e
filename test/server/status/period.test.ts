import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { bucketsOf } from '../../../src/server/status/period.ts';

const now = new Date('2026-03-02T12:34:56Z');
const asked = (query: string) => bucketsOf(new URLSearchParams(query), now);

test('the default is the last day in buckets of 5 minutes', () => {
  expect(asked('')).toEqual({
    from: Date.parse('2026-03-01T12:30:00Z'),
    to: Date.parse('2026-03-02T12:35:00Z'),
    step: 300_000,
    count: 289,
  });
});

test.each([
  ['2026-03-02T06:00', 60],
  ['2026-02-23', 1800],
  ['2026-02-01', 3 * 3600],
  ['2025-03-02', 86_400],
  ['1990-01-01', 28 * 86_400],
  ['0001-01-01', Math.ceil((now.getTime() - Date.parse('0001-01-01T00:00Z')) / 500 / 86_400_000) * 86_400],
])('from %s the buckets have %d seconds', (from, seconds) => {
  expect(asked(`from=${from}`).step).toBe(seconds * 1000);
});

test('any period has 1 to 2,000 buckets at multiples of the step, which cover it', () => {
  const times = fc.date({ min: new Date('1970-01-02'), max: new Date('2100-01-01'), noInvalidDate: true });
  const steps = fc.oneof(fc.constant(''), fc.integer({ min: 1, max: 3600 }).map(String), fc.constantFrom('1h', '7d'));
  fc.assert(
    fc.property(times, times, steps, (one, other, step) => {
      const [from, to] = one < other ? [one, other] : [other, one];
      fc.pre(from < to);
      let buckets: ReturnType<typeof asked>;
      try {
        buckets = asked(`from=${from.toISOString()}&to=${to.toISOString()}&step=${step}`);
      } catch {
        // Too many buckets.
        return step !== '';
      }
      return (
        buckets.count >= 1 &&
        buckets.count <= 2000 &&
        buckets.from % buckets.step === 0 &&
        buckets.from <= from.getTime() &&
        buckets.to >= to.getTime() &&
        buckets.to - buckets.from === buckets.count * buckets.step
      );
    }),
  );
});
