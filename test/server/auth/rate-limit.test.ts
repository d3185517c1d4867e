import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createRateLimit } from '../../../src/server/auth/rate-limit.ts';
import { RequestProblem } from '../../../src/server/http/problem.ts';

/** A limit with a clock that the test sets. `take` returns the seconds to wait, 0 if the request is answered. */
function limitAt() {
  const clock = { ms: 0 };
  const limit = createRateLimit(() => clock.ms);
  const take = (key: string, perMinute: number): number => {
    try {
      limit.take(key, perMinute);
      return 0;
    } catch (error) {
      if (!(error instanceof RequestProblem && error.status === 429)) throw error;
      return Number(error.headers['Retry-After']);
    }
  };
  return { clock, take };
}

test('each key has its own number of requests, and must wait for the next one', () => {
  const { clock, take } = limitAt();
  expect([take('a', 3), take('a', 3), take('a', 3), take('a', 3)]).toEqual([0, 0, 0, 20]);
  expect(take('b', 3)).toBe(0);
  clock.ms += 19_000;
  expect(take('a', 3)).toBe(1);
  clock.ms += 1000;
  expect([take('a', 3), take('a', 3)]).toEqual([0, 20]);
});

test('after the time of Retry-After a request is answered, for any earlier requests', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.array(fc.nat(5000), { maxLength: 100 }), (perMinute, pauses) => {
      const { clock, take } = limitAt();
      for (const pause of pauses) {
        clock.ms += pause;
        take('k', perMinute);
      }
      const seconds = take('k', perMinute);
      clock.ms += seconds * 1000;
      if (seconds > 0) expect(take('k', perMinute)).toBe(0);
    }),
  );
});

test('no minute has more than twice the limit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(3000), { maxLength: 300 }), (perMinute, pauses) => {
      const { clock, take } = limitAt();
      const answered: number[] = [];
      for (const pause of pauses) {
        clock.ms += pause;
        if (take('k', perMinute) === 0) answered.push(clock.ms);
      }
      for (const start of answered) {
        expect(answered.filter((at) => at >= start && at < start + 60_000).length).toBeLessThanOrEqual(2 * perMinute);
      }
    }),
  );
});
