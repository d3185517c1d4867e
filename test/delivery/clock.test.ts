/** Clocks that jump, on this host or at the API. */

import { afterEach, beforeEach, describe, expect, setSystemTime, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import {
  aheadOfServer,
  clockReadingOf,
  futureOf,
  storeClockReading,
  tolerance,
} from '../../src/delivery/server-clock.ts';
import { accepted, answer, drainTo, openOutbox, startFixture, type TestOutbox } from './helper.ts';

const hour = 3_600_000;
const fromNow = (milliseconds: number) => new Date(Date.now() + milliseconds);

/** The API's acceptance with its clock so far from ours. */
const acceptedAt = (ahead: number) =>
  answer(201, { success: true, message: 'ingested', status_id: 7 }, { Date: fromNow(ahead).toUTCString() });

describe('a snapshot from the future', () => {
  test('is held and said, and those behind it go on', async () => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    const before = box.add('derecho', { collectedAt: fromNow(-5000) });
    const future = box.add('derecho', { collectedAt: fromNow(hour) });
    const after = box.add('derecho', { collectedAt: fromNow(-1000) });
    const drained = await drainTo(box, server.url);
    expect(drained).toMatchObject({ delivered: 2, rejected: 0, held: 1, left: 0, stopped: [] });
    expect(server.seen.map(({ headers }) => headers['idempotency-key'])).toEqual([before, after]);
    const entry = box.entry(future);
    expect(entry).toMatchObject({ state: 'held', attempts: 0, firstSentAt: null });
    expect(entry.lastError).toMatch(/^collected in the future, at .* UTC: the clock was or is wrong$/);
    expect(drained.lines).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^✗ entry ${future} is held: collected in the future, at \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC: the clock was or is wrong; to send it: hpc-collector outbox release ${future}$`,
        ),
      ),
    );
  });

  test.each([
    ['this host', () => accepted()],
    ['the API', () => acceptedAt(-hour)],
  ])('by the clock of %s is sent once a person has released it, after a failed attempt too', async (_, whole) => {
    let isDown = false;
    using fixture = await startFixture(() => (isDown ? answer(503) : whole()));
    const { box, server } = fixture;
    box.add('casper', { collectedAt: fromNow(-2 * hour) });
    await drainTo(box, server.url);
    const id = box.add('derecho', { collectedAt: fromNow(hour) });
    expect(await drainTo(box, server.url)).toMatchObject({ held: 1 });
    box.outbox.release(box.entry(id), new Date());
    expect(box.outbox.attempts(box.entry(id))).toMatchObject([{ outcome: 'released', detail: 'by outbox release' }]);
    isDown = true;
    expect(await drainTo(box, server.url)).toMatchObject({ held: 0, stopped: ['sam/derecho'] });
    isDown = false;
    expect(await drainTo(box, server.url, { ignoreRest: true })).toMatchObject({ held: 0, delivered: 1 });
  });

  test('is a snapshot that is ahead by more than usual clock differences', async () => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    box.add('derecho', { collectedAt: fromNow(tolerance - 2000) });
    box.add('casper', { collectedAt: fromNow(tolerance + 5000) });
    expect(await drainTo(box, server.url)).toMatchObject({ delivered: 1, held: 1 });
  });
});

describe('to the millisecond', () => {
  const now = Date.UTC(2026, 10, 20, 12);
  beforeEach(() => setSystemTime(now));
  afterEach(() => setSystemTime());

  test('a snapshot may be ahead by the usual difference of clocks, and jobs by any time', () => {
    const box = openOutbox();
    const future = (ahead: number, usesCollectionTime: boolean) =>
      futureOf(
        box.entry(box.add('derecho', { collectedAt: new Date(now + ahead) })),
        { usesCollectionTime },
        box.outbox,
      );
    expect(future(tolerance, true)).toBeNull();
    expect(future(tolerance + 1, true)).toBe('the clock was or is wrong');
    expect(future(hour, false)).toBeNull();
    box.close();
  });
});

test('after jumps back and forward all go in the order in which they were stored', async () => {
  using fixture = await startFixture(() => accepted());
  const { box, server } = fixture;
  const ids = [-2, -3, -2.9, -1, -1.9, -0.1].map((hours) => box.add('derecho', { collectedAt: fromNow(hours * hour) }));
  await drainTo(box, server.url);
  expect(server.seen.map(({ headers }) => headers['idempotency-key'])).toEqual(ids);
});

describe('a clock of this host that is ahead, which only the API can tell', () => {
  test('is detected with the first answer, in the same drain', async () => {
    using fixture = await startFixture(() => acceptedAt(-hour));
    const { box, server } = fixture;
    box.add('derecho', { collectedAt: fromNow(-2 * hour) });
    const held = [box.add('derecho', { collectedAt: fromNow(-2000) }), box.add('derecho', { collectedAt: fromNow(0) })];
    expect(await drainTo(box, server.url)).toMatchObject({ delivered: 1, held: 2, left: 0 });
    expect(server.seen).toHaveLength(1);
    // Nothing says of them that they may have been sent.
    expect(held.map((id) => box.entry(id))).toMatchObject([
      { state: 'held', firstSentAt: null },
      { state: 'held', firstSentAt: null },
    ]);
  });

  test('is remembered for the next drain, before anything is sent', async () => {
    using fixture = await startFixture(() => acceptedAt(-hour));
    const { box, server } = fixture;
    box.add('derecho', { collectedAt: fromNow(-2 * hour) });
    await drainTo(box, server.url);
    box.add('derecho', { collectedAt: fromNow(0) });
    expect(await drainTo(box, server.url)).toMatchObject({ delivered: 0, held: 1 });
    expect(server.seen).toHaveLength(1);
  });

  test.each([
    ['a cached page', 503, '<html>Maintenance</html>'],
    ['a refused login', 401, ''],
    ['a page with 201', 201, '<html>Welcome</html>'],
    ['an error of the API', 500, { error: 'Database error' }],
  ])('%s says nothing of the API’s clock', async (_, status, body) => {
    let isBroken = true;
    using fixture = await startFixture(() =>
      isBroken ? answer(status, body, { Date: fromNow(-2 * hour).toUTCString() }) : accepted(),
    );
    const { box, server } = fixture;
    box.add('derecho', { collectedAt: fromNow(-1000) });
    await drainTo(box, server.url);
    isBroken = false;
    box.add('casper', { collectedAt: fromNow(0) });
    expect(await drainTo(box, server.url, { ignoreRest: true })).toMatchObject({ held: 0, delivered: 2 });
  });

  test('holds entries with the two clocks named, and for an hour at most', async () => {
    using fixture = await startFixture(() => acceptedAt(-400_000));
    const { box, server } = fixture;
    box.add('derecho', { collectedAt: fromNow(-hour) });
    const held = box.add('derecho', { collectedAt: fromNow(0) });
    expect(await drainTo(box, server.url)).toMatchObject({ delivered: 1, held: 1 });
    expect(box.entry(held).lastError).toMatch(
      /: this host's clock is 6m[34]\ds ahead of the API's, so one of them is wrong$/,
    );
    const seen = JSON.parse(box.outbox.metadata.read('clock') ?? '{}');
    // The host's uptime may be less than an hour.
    box.outbox.metadata.write(
      'clock',
      JSON.stringify({ ...seen, server: seen.server - 3_601_000, uptime: seen.uptime - 3601 }),
    );
    box.add('derecho', { collectedAt: fromNow(0) });
    expect(await drainTo(box, server.url)).toMatchObject({ delivered: 1, held: 0 });
  });

  test('a clock of the API that is ahead, or a few minutes behind, holds nothing', async () => {
    for (const ahead of [hour, -tolerance + 20_000]) {
      using fixture = await startFixture(() => acceptedAt(ahead));
      const { box, server } = fixture;
      for (let n = 0; n < 3; n++) box.add('derecho', { collectedAt: fromNow(n) });
      expect(await drainTo(box, server.url)).toMatchObject({ delivered: 3, held: 0 });
    }
  });
});

describe('the time that is used', () => {
  let box: TestOutbox;
  beforeEach(() => {
    box = openOutbox();
  });
  afterEach(() => box.close());

  const uptime = () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  const boot = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const now = Date.now();
  const believed = () => 0 - aheadOfServer(box.outbox, now);
  /** What the API said `seconds` ago, when this host's clock, being right then, showed the same. */
  const remember = (seconds: number, of = boot()) =>
    box.outbox.metadata.write(
      'clock',
      JSON.stringify({ server: now - hour - seconds * 1000, uptime: uptime() - seconds, boot: of }),
    );

  test('is this host’s clock if the API never answered', () => expect(believed()).toBeCloseTo(0));

  test('is the API’s last time plus the uptime of this host since then', () => {
    remember(600);
    expect(Math.abs(believed() + hour)).toBeLessThan(2000);
  });

  test('is this host’s clock after a reboot, because the uptime starts again', () => {
    remember(600, 'another-boot');
    expect(believed()).toBeCloseTo(0);
  });

  test('is this host’s clock an hour after the API’s last answer', () => {
    remember(3590);
    expect(Math.abs(believed() + hour)).toBeLessThan(2000);
    remember(3601);
    expect(believed()).toBeCloseTo(0);
  });

  test.each(['{', '', 'null', '{"server":"x"}', '\u0000', '{"server":1e999,"uptime":1,"boot":"b"}'])(
    'is this host’s clock if the stored word is %j',
    (damaged) => {
      box.outbox.metadata.write('clock', damaged);
      expect(believed()).toBeCloseTo(0);
    },
  );

  test('is the API’s time if it has just answered', () => {
    const seen = clockReadingOf(new Date(now - 7_000_000));
    if (seen) storeClockReading(box.outbox, seen);
    expect(Math.abs(believed() + 7_000_000)).toBeLessThan(2000);
  });
});
