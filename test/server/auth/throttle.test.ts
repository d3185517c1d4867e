import { expect, test } from 'bun:test';
import { createThrottle } from '../../../src/server/auth/throttle.ts';
import { RequestProblem } from '../../../src/server/http/problem.ts';

/** A throttle with a clock that the test sets. */
function throttleAt() {
  const clock = { ms: 1_000_000 };
  const throttle = createThrottle(() => clock.ms);
  /** The seconds to wait, 0 if a login may be tried. */
  const wait = (user: string, address: string): number => {
    try {
      throttle.check(user, address);
      return 0;
    } catch (error) {
      if (!(error instanceof RequestProblem && error.status === 429)) throw error;
      return Number(error.headers['Retry-After']);
    }
  };
  const fail = (times: number, user: string, address: string) => {
    for (let i = 0; i < times; i++) throttle.failed(user, address);
  };
  return { clock, throttle, wait, fail };
}

test('ten failures need no wait, and each further failure doubles the wait up to a minute', () => {
  const { wait, fail } = throttleAt();
  fail(9, 'u', '203.0.113.7');
  expect(wait('u', '203.0.113.7')).toBe(0);
  const waits = Array.from({ length: 9 }, () => {
    fail(1, 'u', '203.0.113.7');
    return wait('u', '203.0.113.7');
  });
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test('the wait is for the user from every address, and for the address with every user', () => {
  const { wait, fail } = throttleAt();
  fail(12, 'u', '203.0.113.7');
  expect(wait('u', '198.51.100.1')).toBe(4);
  expect(wait('other', '203.0.113.7')).toBe(4);
  expect(wait('other', '198.51.100.1')).toBe(0);
});

test('it ends when its time is over, and failures are forgotten after a quarter of an hour', () => {
  const { clock, wait, fail } = throttleAt();
  fail(12, 'u', '203.0.113.7');
  clock.ms += 3999;
  expect(wait('u', '203.0.113.7')).toBe(1);
  clock.ms += 1;
  expect(wait('u', '203.0.113.7')).toBe(0);
  clock.ms += 16 * 60_000;
  fail(1, 'u', '203.0.113.7');
  expect(wait('u', '203.0.113.7')).toBe(0);
});

test('a login that succeeds frees the user, not the address', () => {
  const { throttle, wait, fail } = throttleAt();
  fail(12, 'u', '203.0.113.7');
  throttle.succeeded('u');
  expect(wait('u', '198.51.100.1')).toBe(0);
  expect(wait('u', '203.0.113.7')).toBe(4);
});

test.each([
  ['2001:db8:1:2:3::4', '2001:db8:1:2::9', true],
  ['2001:db8:1:2::4', '2001:db8:1:3::4', false],
  ['2001:db8::1', '2001:db8::2', true],
  ['::ffff:203.0.113.7', '::ffff:203.0.113.8', false],
])('%s and %s are one client: %p', (one, other, expected) => {
  const { wait, fail } = throttleAt();
  fail(12, 'u', one);
  expect(wait('other', other) > 0).toBe(expected);
});

test('many addresses take bounded memory, and the newest stay known', () => {
  const { wait, fail } = throttleAt();
  for (let i = 0; i < 30_000; i++) fail(1, `u${i}`, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  fail(12, 'u', '203.0.113.7');
  expect(wait('other', '203.0.113.7')).toBe(4);
});
