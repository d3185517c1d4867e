import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Pace } from '../../src/delivery/pace.ts';
import { accepted, answer, drainTo, fakeClock, startFixture } from './helper.ts';

test('no minute has more requests than allowed, and no request waits longer than needed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 200 }),
      (max, gaps) => {
        const pace = new Pace(max);
        const made: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const delay = pace.delay(now);
          const inMinute = made.filter((moment) => now - moment < 60_000).length;
          expect(delay > 0).toBe(inMinute >= max);
          now += delay;
          pace.made(now);
          made.push(now);
        }
        for (const [index, moment] of made.entries()) {
          const before = made[index - max];
          if (before !== undefined) expect(moment - before).toBeGreaterThanOrEqual(60_000);
        }
      },
    ),
  );
});

/** When a server on this clock got its requests, in seconds, at two requests a minute. */
async function timesOfRequests(
  entries: number,
  replies: (before: number, clock: ReturnType<typeof fakeClock>) => string,
  maxSeconds: number | null = null,
) {
  const clock = fakeClock();
  const times: number[] = [];
  using fixture = await startFixture((_, before) => {
    times.push(Math.round(clock.now() / 1000));
    return replies(before, clock);
  });
  for (let index = 0; index < entries; index++) fixture.box.add(`x${index}`);
  const result = await drainTo(fixture.box, fixture.server.url, { clock, maxSeconds, settings: { max_per_minute: 2 } });
  return { times, result };
}

test('a drain keeps the pace across streams', async () => {
  const { times, result } = await timesOfRequests(5, () => accepted());
  expect(times).toEqual([0, 0, 60, 60, 120]);
  expect(result).toMatchObject({ delivered: 5, left: 0 });
});

test.each([50, 60])('a drain that reaches its %d seconds by its pace ends without failures', async (maxSeconds) => {
  const { times, result } = await timesOfRequests(5, () => accepted(), maxSeconds);
  expect(times).toEqual([0, 0]);
  expect(result).toMatchObject({ delivered: 2, left: 3, stopped: [] });
});

test('retries keep the pace too, and a retry that is due after a long wait is left to the next drain', async () => {
  const { times, result } = await timesOfRequests(1, () => answer(503));
  expect(times).toEqual([0, 1]);
  expect(result).toMatchObject({ left: 1, stopped: ['sam/x0'] });
});

test('a body that is sent again in reduced form keeps the pace', async () => {
  const clock = fakeClock();
  const times: number[] = [];
  using fixture = await startFixture((_, before) => {
    times.push(clock.now());
    return before === 0 ? answer(413) : accepted();
  });
  fixture.box.add('x', { body: JSON.stringify({ user_project_queues: [{}] }) });
  await drainTo(fixture.box, fixture.server.url, { clock, settings: { max_per_minute: 1 } });
  expect(times).toEqual([0, 60_000]);
});

test('a retry waits for the pace if the wait is short', async () => {
  const { times, result } = await timesOfRequests(1, (before, clock) => {
    // The first answer takes so long that the third request may be made nine seconds after the second one.
    if (before === 0) clock.pass(50_000);
    return before < 2 ? answer(503) : accepted();
  });
  expect(times[0]).toBe(0);
  expect(times[1]).toBeWithin(50, 53);
  expect(times[2]).toBe(60);
  expect(result).toMatchObject({ delivered: 1, left: 0 });
});
