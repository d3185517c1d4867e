import { describe, expect, test } from 'bun:test';
import { accepted, answer, closedPort, drainTo, fakeClock, startFixture } from './helper.ts';

const retryAfter = (value: string, status = 429) => answer(status, { error: 'later' }, { 'Retry-After': value });
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();

/** Seconds from now until a moment. */
const secondsUntil = (moment: Date | null) => ((moment?.getTime() ?? 0) - Date.now()) / 1000;

test('one attempt and three retries, after about 1, 2 and 4 seconds, each a row of its own', async () => {
  using fixture = await startFixture(() => answer(503));
  const { box, server } = fixture;
  const id = box.add('x');
  const { clock, lines } = await drainTo(box, server.url);
  expect(clock.waits.length).toBe(3);
  for (const [index, seconds] of [1, 2, 4].entries()) {
    expect(clock.waits[index]).toBeWithin(seconds * 800, seconds * 1200 + 1);
  }
  expect(box.outbox.attempts(box.entry(id)).map(({ status, outcome, detail }) => [status, outcome, detail])).toEqual(
    new Array(4).fill([503, 'unavailable', 'HTTP 503']),
  );
  expect(lines[0]).toMatch(/^x status: HTTP 503; retry 1\/3 in \d\.\d s$/);
  expect(lines[3]).toMatch(
    /^✗ x status waits: the SAM API at .* is unavailable: HTTP 503; not tried again before .* UTC$/,
  );
});

test('an attempt is stored with the seconds that it took', async () => {
  const clock = fakeClock();
  clock.pass(60_000);
  using fixture = await startFixture(() => {
    clock.pass(1250);
    return accepted();
  });
  const id = fixture.box.add('x');
  await drainTo(fixture.box, fixture.server.url, { clock });
  expect(fixture.box.outbox.attempts(fixture.box.entry(id)).map(({ seconds }) => seconds)).toEqual([1.25]);
});

test('an entry that a person holds or drops while its retry waits is not sent again, and the log says so', async () => {
  for (const take of ['hold', 'drop'] as const) {
    using fixture = await startFixture(() => {
      const entry = box.entry(id);
      if (take === 'hold') box.outbox.hold(entry, 'by a person');
      else box.outbox.drop([entry], 'by a person', new Date());
      return answer(503);
    });
    const { box } = fixture;
    const id = box.add('x');
    const { lines, ...result } = await drainTo(box, fixture.server.url);
    expect(result).toMatchObject({ delivered: 0, rejected: 0, stopped: [] });
    expect(fixture.server.seen).toHaveLength(1);
    expect(lines.at(-1)).toBe(`entry ${id} was held or dropped in the meantime: it is not sent`);
  }
});

test('the waits of many collectors differ', async () => {
  using fixture = await startFixture(() => answer(503));
  const waits = new Set<number | undefined>();
  for (let index = 0; index < 5; index++) {
    fixture.box.add(`x${index}`);
    const { clock } = await drainTo(fixture.box, fixture.server.url, { stream: `sam/x${index}` });
    waits.add(clock.waits[0]);
  }
  expect(waits.size).toBeGreaterThan(1);
});

test.each([1, 2, 3])('a success at retry %d delivers, and ends the waiting', async (failures) => {
  using fixture = await startFixture((_, before) => (before < failures ? answer(503) : accepted()));
  const { box, server } = fixture;
  const id = box.add('x');
  expect(await drainTo(box, server.url)).toMatchObject({ delivered: 1, stopped: [] });
  expect(box.entry(id)).toMatchObject({
    state: 'delivered',
    attempts: failures + 1,
    nextAttemptAt: null,
    lastError: null,
  });
});

describe('Retry-After', () => {
  test.each([
    ['seconds', () => retryAfter('7'), 7],
    ['seconds with blanks', () => retryAfter(' 7 '), 7],
    ['a date', () => retryAfter(inSeconds(9)), 8],
    ['seconds of a 503', () => retryAfter('7', 503), 7],
  ])('in %s is waited for in the same drain', async (_, reply, seconds) => {
    using fixture = await startFixture((_request, before) => (before === 0 ? reply() : accepted()));
    fixture.box.add('x');
    const { clock, delivered } = await drainTo(fixture.box, fixture.server.url);
    expect(delivered).toBe(1);
    expect(clock.waits.length).toBe(1);
    expect(clock.waits[0]).toBeWithin(seconds * 1000 - 1000, seconds * 1000 + 1001);
  });

  test.each([
    ['zero', '0'],
    ['a date in the past', 'Wed, 21 Oct 2015 07:28:00 GMT'],
    ['what is neither seconds nor a date', 'soon'],
    ['nothing', ''],
    ['a negative number', '-5'],
  ])('of %s changes nothing', async (_, value) => {
    using fixture = await startFixture((_request, before) => (before === 0 ? retryAfter(value) : accepted()));
    fixture.box.add('x');
    const { clock } = await drainTo(fixture.box, fixture.server.url);
    expect(clock.waits[0]).toBeWithin(800, 1201);
  });

  test.each([408, 425, 500, 502, 504])('of a %d is ignored: SAM sends one with every answer', async (status) => {
    using fixture = await startFixture((_request, before) => (before === 0 ? retryAfter('60', status) : accepted()));
    fixture.box.add('x');
    const { clock, delivered } = await drainTo(fixture.box, fixture.server.url);
    expect(delivered).toBe(1);
    expect(clock.waits).toHaveLength(1);
    expect(clock.waits[0]).toBeWithin(800, 1201);
  });

  test.each([
    ['120 seconds', () => retryAfter('120'), 120],
    ['a date in 20 minutes', () => retryAfter(inSeconds(1200)), 1200],
    ['less than the stream rests anyway', () => retryAfter('45'), 60],
    ['half a year, which is taken for an hour', () => retryAfter('9999999'), 3600],
    ['the year 9999', () => retryAfter('Fri, 31 Dec 9999 23:59:59 GMT'), 3600],
    ['a number without end', () => retryAfter('9'.repeat(400)), 60],
  ])('of %s is not waited for: the stream rests as long', async (name, reply, seconds) => {
    using fixture = await startFixture(() => reply());
    const { box, server } = fixture;
    const id = box.add('x');
    const { clock, stopped } = await drainTo(box, server.url);
    if (!name.startsWith('a number')) expect([clock.waits, server.seen.length]).toEqual([[], 1]);
    expect(stopped).toEqual(['sam/x']);
    expect(secondsUntil(box.entry(id).nextAttemptAt)).toBeWithin(seconds - 5, seconds + 1);
    const later = server.seen.length;
    await drainTo(box, server.url);
    expect(server.seen.length).toBe(later);
  });
});

describe('the pause after a drain that found the API unavailable', () => {
  test('doubles from one minute to fifteen', async () => {
    using fixture = await startFixture(() => answer(503));
    const { box, server } = fixture;
    const id = box.add('x');
    for (const [drains, minutes] of [1, 2, 4, 8, 15, 15].entries()) {
      await drainTo(box, server.url, { ignoreRest: true });
      expect(box.entry(id).failedDrains).toBe(drains + 1);
      expect(secondsUntil(box.entry(id).nextAttemptAt)).toBeWithin(minutes * 60 - 5, minutes * 60 + 1);
    }
  });

  test('begins anew when the entry is retried by hand', async () => {
    using fixture = await startFixture(() => answer(503));
    const { box, server } = fixture;
    const id = box.add('x');
    for (let drains = 0; drains < 3; drains++) await drainTo(box, server.url, { ignoreRest: true });
    expect(box.outbox.retry(box.entry(id))).toBe(true);
    expect(box.entry(id)).toMatchObject({ nextAttemptAt: null, failedDrains: 0, state: 'pending' });
    await drainTo(box, server.url);
    expect(secondsUntil(box.entry(id).nextAttemptAt)).toBeWithin(55, 61);
  });

  test('is over with the first success: the next entry begins at one minute', async () => {
    let isUp = false;
    using fixture = await startFixture(({ path }) => (isUp && path === '/1' ? accepted() : answer(503)));
    const { box, server } = fixture;
    const first = box.add('x', { path: '/1' });
    const second = box.add('x', { path: '/2' });
    for (let drains = 0; drains < 3; drains++) await drainTo(box, server.url, { ignoreRest: true });
    isUp = true;
    await drainTo(box, server.url, { ignoreRest: true });
    expect(box.entry(first)).toMatchObject({ state: 'delivered', nextAttemptAt: null });
    expect(secondsUntil(box.entry(second).nextAttemptAt)).toBeWithin(55, 61);
  });
});

test('no retry is begun that would end after the time budget', async () => {
  using fixture = await startFixture(() => answer(503));
  fixture.box.add('x');
  const { clock, stopped } = await drainTo(fixture.box, fixture.server.url, { maxSeconds: 2 });
  expect([clock.waits.length, fixture.server.seen.length, stopped]).toEqual([1, 2, ['sam/x']]);
});

describe('a body that is too large', () => {
  const rows = Array.from({ length: 50 }, (_, index) => ({ username: `user${index}` }));
  const body = JSON.stringify({ cpu_nodes_total: 1, user_project_queues: rows, queues: [{ queue_name: 'main' }] });
  const reduced = { cpu_nodes_total: 1, user_project_queues: [], queues: [{ queue_name: 'main' }] };
  const tooLarge = answer(413, '<h1>Request Entity Too Large</h1>');

  test('for the proxy of the API is sent again without user rows, and the log says so', async () => {
    using fixture = await startFixture((_, before) => (before === 0 ? tooLarge : accepted()));
    const { box, server } = fixture;
    const id = box.add('x', { body });
    const { lines, delivered, clock } = await drainTo(box, server.url);
    expect(delivered).toBe(1);
    expect(server.seen.map((request) => JSON.parse(request.body))).toEqual([JSON.parse(body), reduced]);
    expect(new Set(server.seen.map((request) => request.headers['idempotency-key']))).toEqual(new Set([id]));
    expect(lines[0]).toBe('x status: HTTP 413: Request Entity Too Large; sending it without user_project_queues');
    expect(box.outbox.attempts(box.entry(id)).map((attempt) => attempt.outcome)).toEqual(['too-large', 'accepted']);
    expect(clock.waits).toEqual([]);
    expect(box.outbox.body(box.entry(id))).toBe(body);
  });

  test('for our own limit is not sent whole at all', async () => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    box.add('x', { body });
    const { lines, delivered } = await drainTo(box, server.url, { settings: { max_body_bytes: 500 } });
    expect(delivered).toBe(1);
    expect(server.seen.map((request) => JSON.parse(request.body))).toEqual([reduced]);
    expect(lines[0]).toContain(
      `the body has ${body.length} bytes, the limit is 500; sending it without user_project_queues`,
    );
  });

  test('counts in bytes, and exactly at the limit is sent', async () => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    const umlauts = JSON.stringify({ title: 'ü'.repeat(100) });
    const id = box.add('x', { body: umlauts });
    const bytes = Buffer.byteLength(umlauts);
    await drainTo(box, server.url, { settings: { max_body_bytes: bytes - 1 } });
    expect(box.entry(id)).toMatchObject({
      state: 'rejected',
      lastError: `the body has ${bytes} bytes, the limit is ${bytes - 1}`,
    });
    box.outbox.retry(box.entry(id));
    expect(await drainTo(box, server.url, { settings: { max_body_bytes: bytes } })).toMatchObject({ delivered: 1 });
  });

  test.each([
    ['still too large without them', body, 2],
    ['without any such rows', JSON.stringify({ user_project_queues: [], cpu_nodes_total: 1 }), 1],
    ['with rows that are not a list', JSON.stringify({ user_project_queues: 'many' }), 1],
    ['that is not an object', '[1]', 1],
    ['which is no JSON', 'x', 1],
  ])('%s is rejected', async (_, text, requests) => {
    using fixture = await startFixture(() => tooLarge);
    const { box, server } = fixture;
    const id = box.add('x', { body: text });
    expect(await drainTo(box, server.url)).toMatchObject({ rejected: 1, left: 0 });
    expect(server.seen.length).toBe(requests);
    expect(box.entry(id)).toMatchObject({ state: 'rejected', lastError: 'HTTP 413: Request Entity Too Large' });
  });

  test('stays without the rows when the smaller one is retried', async () => {
    using fixture = await startFixture((_, before) => [tooLarge, answer(503), accepted()][before] ?? answer(500));
    fixture.box.add('x', { body });
    expect(await drainTo(fixture.box, fixture.server.url)).toMatchObject({ delivered: 1 });
    expect(fixture.server.seen.map((request) => JSON.parse(request.body).user_project_queues.length)).toEqual([
      50, 0, 0,
    ]);
  });
});

test('a body that is damaged on disk is rejected unsent, and the next one goes on', async () => {
  using fixture = await startFixture(() => accepted());
  const { box, server } = fixture;
  const damaged = box.add('x');
  box.add('x');
  const { Database } = await import('bun:sqlite');
  const other = new Database(box.file);
  other.run(`UPDATE entries SET body_sha256 = 'of something else' WHERE id = ?`, [damaged]);
  other.close();
  expect(await drainTo(box, server.url)).toMatchObject({ delivered: 1, rejected: 1, left: 0 });
  expect(server.seen.length).toBe(1);
  expect(box.entry(damaged).lastError).toBe(`the body of entry ${damaged} is damaged: its sha-256 differs`);
});

test('an entry is noted as sent before it is sent, so that an end in between is not forgotten', async () => {
  const noted: (Date | null)[] = [];
  using fixture = await startFixture((request) => {
    noted.push(fixture.box.entry(request.headers['idempotency-key'] ?? '').firstSentAt);
    return accepted();
  });
  fixture.box.add('x');
  await drainTo(fixture.box, fixture.server.url);
  expect(noted).toEqual([expect.any(Date)]);
});

test('an interruption before a retry leaves the entry pending', async () => {
  const stop = new AbortController();
  using fixture = await startFixture(() => answer(503));
  const { box, server } = fixture;
  const id = box.add('x');
  const clock = fakeClock();
  const wait = clock.wait;
  clock.wait = (milliseconds, signal) => {
    if (milliseconds > 0) stop.abort();
    return wait(milliseconds, signal);
  };
  expect(await drainTo(box, server.url, { clock, signal: stop.signal })).toMatchObject({ left: 1, stopped: ['sam/x'] });
  expect(server.seen.length).toBe(1);
  expect(box.entry(id)).toMatchObject({ state: 'pending', attempts: 1 });
});

test('a refused connection keeps the entry, with a clear error', async () => {
  using fixture = await startFixture(() => accepted());
  fixture.box.add('x');
  const port = await closedPort();
  const { lines } = await drainTo(fixture.box, `http://127.0.0.1:${port}`);
  expect(lines.at(-1)).toStartWith(
    `✗ x status waits: the SAM API at http://127.0.0.1:${port} is unavailable: connection refused; not tried again before `,
  );
});
