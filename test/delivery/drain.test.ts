import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { accepted, answer, databaseError, drainTo, fakeClock, type Reply, startFixture } from './helper.ts';

test('the entries of a stream go strictly in the order in which they were stored, not of their times', async () => {
  using fixture = await startFixture(() => accepted());
  const { box, server } = fixture;
  const clockJumpedBack = new Date(Date.UTC(2020, 0, 1));
  const ids = [box.add('x'), box.add('x', { collectedAt: clockJumpedBack }), box.add('x')];
  expect(await drainTo(box, server.url)).toMatchObject({ delivered: 3, rejected: 0, left: 0, stopped: [] });
  expect(server.seen.map((request) => request.headers['idempotency-key'])).toEqual(ids);
});

test.each([
  ['unavailable', answer(503)],
  ['misconfigured', answer(401)],
])('a stream that is %s does not hold up another', async (_, reply) => {
  using fixture = await startFixture(({ path }) => (path.endsWith('/bad') ? reply : accepted()));
  const { box, server } = fixture;
  box.add('bad');
  for (let index = 0; index < 3; index++) box.add('good');
  box.add('bad');
  expect(await drainTo(box, server.url)).toMatchObject({ delivered: 3, left: 2, stopped: ['sam/bad'] });
});

test('while the destination is unavailable, only the first stream retries: each other stream tries once', async () => {
  using fixture = await startFixture(() => answer(503));
  const { box, server } = fixture;
  for (const system of ['first', 'second', 'third']) box.add(system);
  expect(await drainTo(box, server.url)).toMatchObject({ delivered: 0, left: 3 });
  const tries = server.seen.map(({ path }) => path.split('/').at(-1));
  expect(tries).toEqual(['first', 'first', 'first', 'first', 'second', 'third']);
});

test('a rejected entry does not delay later entries', async () => {
  using fixture = await startFixture((_, before) => (before === 1 ? answer(400, { error: 'bad' }) : accepted()));
  const { box, server } = fixture;
  const ids = [box.add('x'), box.add('x'), box.add('x')];
  expect(await drainTo(box, server.url)).toMatchObject({ delivered: 2, rejected: 1, left: 0, stopped: [] });
  expect(ids.map((id) => box.entry(id).state)).toEqual(['delivered', 'rejected', 'delivered']);
});

test('delivered and rejected entries are not sent again', async () => {
  using fixture = await startFixture((_, before) => (before === 0 ? answer(400, { error: 'no' }) : accepted()));
  const { box, server } = fixture;
  box.add('x');
  box.add('x');
  await drainTo(box, server.url);
  expect(await drainTo(box, server.url)).toMatchObject({ delivered: 0, rejected: 0, left: 0, stopped: [] });
  expect(server.seen.length).toBe(2);
});

test('an empty outbox sends no request', async () => {
  using fixture = await startFixture(() => accepted());
  expect(await drainTo(fixture.box, fixture.server.url)).toMatchObject({
    delivered: 0,
    rejected: 0,
    left: 0,
    stopped: [],
  });
  expect(fixture.server.seen).toEqual([]);
});

test('only the requested stream is drained and counted', async () => {
  using fixture = await startFixture(() => accepted());
  const { box, server } = fixture;
  for (const system of ['a', 'b', 'a']) box.add(system);
  expect(await drainTo(box, server.url, { stream: 'sam/a' })).toMatchObject({ delivered: 2, left: 0 });
  expect(box.outbox.countPending(null)).toBe(1);
});

test('entries of another destination are not sent', async () => {
  using fixture = await startFixture(() => accepted());
  const { box, server } = fixture;
  box.add('x', { destination: 'history', stream: 'history/x' });
  expect(await drainTo(box, server.url)).toMatchObject({ delivered: 0, stopped: [] });
  expect(server.seen).toEqual([]);
});

test('there is one request at a time', async () => {
  let open = 0;
  let most = 0;
  using fixture = await startFixture(() => (socket) => {
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
      socket.write(accepted());
    }, 5);
  });
  for (let index = 0; index < 6; index++) fixture.box.add(`x${index % 3}`);
  expect(await drainTo(fixture.box, fixture.server.url)).toMatchObject({ delivered: 6 });
  expect(most).toBe(1);
});

describe('a stream that rests', () => {
  test('is skipped quietly, and others are not', async () => {
    using fixture = await startFixture(({ path }) => (path.endsWith('/down') ? answer(503) : accepted()));
    const { box, server } = fixture;
    box.add('down');
    await drainTo(box, server.url);
    box.add('up');
    box.add('down');
    const { lines, ...result } = await drainTo(box, server.url);
    expect(result).toMatchObject({ delivered: 1, left: 2, stopped: [] });
    expect(lines).toEqual([expect.stringContaining('✓ Posted up status')]);
    expect(server.seen.length).toBe(5);
  });

  test('is sent on request', async () => {
    using fixture = await startFixture((_, before) => (before < 4 ? answer(503) : accepted()));
    const { box, server } = fixture;
    box.add('x');
    box.add('x');
    await drainTo(box, server.url);
    expect(await drainTo(box, server.url)).toMatchObject({ delivered: 0, left: 2 });
    expect(await drainTo(box, server.url, { ignoreRest: true })).toMatchObject({ delivered: 2, left: 0 });
  });

  test('is sent when its time has come', async () => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    const id = box.add('x');
    box.outbox.postpone(box.entry(id), new Date(Date.now() - 1));
    expect(await drainTo(box, server.url)).toMatchObject({ delivered: 1 });
  });

  test.each([
    [3_590_000, 0],
    [3_700_000, 1],
  ])('for %d ms is believed or not: %d delivered', async (rest, delivered) => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    box.outbox.postpone(box.entry(box.add('x')), new Date(Date.now() + rest));
    expect(await drainTo(box, server.url)).toMatchObject({ delivered, left: 1 - delivered });
  });
});

test('after the time budget no entry is sent, and untried entries do not count as failed', async () => {
  const clock = fakeClock();
  using fixture = await startFixture(() => {
    clock.pass(40_000);
    return accepted();
  });
  const { box, server } = fixture;
  const ids = [1, 2, 3, 4, 5].map(() => box.add('x'));
  expect(await drainTo(box, server.url, { clock, maxSeconds: 100 })).toMatchObject({
    delivered: 3,
    rejected: 0,
    left: 2,
    stopped: [],
  });
  expect(server.seen.length).toBe(3);
  for (const id of ids.slice(3)) {
    expect(box.entry(id)).toMatchObject({ attempts: 0, failedDrains: 0, firstSentAt: null, nextAttemptAt: null });
  }
});

test('an interruption finishes the entry that is being sent, and no other', async () => {
  const stop = new AbortController();
  using fixture = await startFixture((_, before) => {
    if (before === 1) stop.abort();
    return accepted();
  });
  const { box, server } = fixture;
  const ids = [box.add('x'), box.add('x'), box.add('x')];
  expect(await drainTo(box, server.url, { signal: stop.signal })).toMatchObject({ delivered: 2, left: 1, stopped: [] });
  expect(ids.map((id) => box.entry(id).state)).toEqual(['delivered', 'delivered', 'pending']);
  expect(box.entry(ids[2] ?? '').attempts).toBe(0);
});

test('a drain that is interrupted before it begins sends nothing', async () => {
  using fixture = await startFixture(() => accepted());
  fixture.box.add('x');
  expect(await drainTo(fixture.box, fixture.server.url, { signal: AbortSignal.abort() })).toMatchObject({ left: 1 });
  expect(fixture.server.seen).toEqual([]);
});

/** What the server of the property does with a request, and whether it keeps the body. */
const behaviours: Readonly<Record<string, { readonly keeps: boolean; readonly reply: Reply }>> = {
  accepts: { keeps: true, reply: accepted() },
  'keeps it and hangs up': { keeps: true, reply: (socket) => socket.destroy() },
  'keeps it and says 504': { keeps: true, reply: answer(504) },
  'hangs up': { keeps: false, reply: (socket) => socket.destroy() },
  'hangs up in its answer': { keeps: false, reply: (socket) => socket.end(accepted().slice(0, -3)) },
  'is down': { keeps: false, reply: databaseError('(psycopg2.OperationalError) connection failed') },
  'is busy': { keeps: false, reply: answer(429, '', { 'Retry-After': '2' }) },
  'is busy for long': { keeps: false, reply: answer(503, '', { 'Retry-After': '600' }) },
  'finds it bad': { keeps: false, reply: databaseError("{'x': ['Missing data']}") },
  'finds it too large': { keeps: false, reply: answer(413) },
  'is not logged in to': { keeps: false, reply: answer(401) },
  'shows a login page': { keeps: false, reply: answer(200, '<p>login') },
  redirects: { keeps: false, reply: answer(302, '', { Location: '/login' }) },
};
const stored = databaseError('(psycopg2.errors.UniqueViolation) "uq_queue_status_timestamp_queue_id"');

test('for any behaviour of the server, nothing is lost or invented, and each stream arrives in order', async () => {
  const names = Object.keys(behaviours);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 8 }),
      fc.array(fc.constantFrom(...names, ...new Array<string>(4).fill('accepts')), { minLength: 1, maxLength: 30 }),
      fc.boolean(),
      async (systems, script, removesDuplicates) => {
        const kept: string[] = [];
        using fixture = await startFixture((request, before) => {
          const id = request.headers['idempotency-key'] ?? '';
          const behaviour = behaviours[script[before % script.length] ?? ''] ?? { keeps: false, reply: answer(500) };
          const isRepeated = kept.includes(id);
          if (behaviour.keeps) kept.push(id);
          return isRepeated && removesDuplicates && behaviour.reply === accepted() ? stored : behaviour.reply;
        });
        const { box, server } = fixture;
        const ids = systems.map((system) => box.add(system));
        for (let drains = 0; drains < 3; drains++) {
          const before = box.outbox.list('pending').length;
          const { delivered, rejected, left } = await drainTo(box, server.url, { ignoreRest: true });
          expect(delivered + rejected + left).toBe(before);
        }

        const entries = box.outbox.list('all');
        expect(entries.map((entry) => entry.id)).toEqual(ids);
        for (const entry of entries) {
          const wasKept = kept.includes(entry.id);
          const mayBeThere = entry.state === 'delivered' || entry.firstSentAt !== null;
          if (wasKept && !mayBeThere) throw new Error(`${entry.id} was kept, and it is not known that it may be there`);
          if (entry.state === 'delivered' && !wasKept) throw new Error(`${entry.id} is delivered and was never kept`);
          const attempts = box.outbox.attempts(entry);
          expect(entry.attempts).toBe(attempts.filter((attempt) => attempt.outcome !== 'misconfigured').length);
          expect(entry.state === 'delivered').toBe(attempts.at(-1)?.outcome === 'accepted');
        }
        for (const stream of new Set(entries.map((entry) => entry.stream))) {
          const order = entries.filter((entry) => entry.stream === stream).map((entry) => entry.id);
          const arrived = kept.filter((id) => order.includes(id)).map((id) => order.indexOf(id));
          expect(arrived).toEqual(arrived.toSorted((one, other) => one - other));
        }
      },
    ),
    { numRuns: 60 },
  );
});
