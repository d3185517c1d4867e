import { describe, expect, test } from 'bun:test';
import {
  accepted,
  answer,
  closedPort,
  databaseError,
  drainTo,
  type Reply,
  startFixture,
  type TestOutbox,
} from './helper.ts';

/** An answer to each entry by its key; accepted where there is none. */
type Script = Map<string, Reply>;

/** A server that answers by key, and an outbox of so many entries of one stream. */
async function stage(count: number) {
  const script: Script = new Map();
  const fixture = await startFixture(({ headers }) => script.get(headers['idempotency-key'] ?? '') ?? accepted());
  const ids = Array.from({ length: count }, () => fixture.box.add('derecho'));
  /** Of which entries requests came, as their places in the stream, without retries; and forgets them. */
  let looked = 0;
  const asked = () => {
    const keys = fixture.server.seen.slice(looked).map((request) => request.headers['idempotency-key'] ?? '');
    looked = fixture.server.seen.length;
    return keys.filter((key, index) => key !== keys[index - 1]).map((key) => ids.indexOf(key));
  };
  return { ...fixture, ids, script, asked, states: () => ids.map((id) => fixture.box.entry(id).state) };
}

const crash = answer(500, '<title>500 Internal Server Error</title><h1>Internal Server Error</h1>');
const drainNow = (box: TestOutbox, url: string) => drainTo(box, url, { ignoreRest: true });

async function drains(count: number, box: TestOutbox, url: string): Promise<void> {
  for (let drain = 0; drain < count; drain++) await drainNow(box, url);
}

describe('a head that alone is refused does not block its stream, for each refusal:', () => {
  test.each<[string, Reply, string]>([
    ['a 403 page', answer(403, '<h1>Request blocked</h1>'), "HTTP 403 that is not the API's answer: Request blocked"],
    ['a 200 page', answer(200, '<h1>Request blocked</h1>'), "HTTP 200 that is not the API's answer: Request blocked"],
    ['a redirect to a block page', answer(302, '', { Location: 'https://blocked.example' }), 'HTTP 302, a redirect'],
    ['a reset connection', (socket) => socket.resetAndDestroy(), 'the connection was lost'],
    ['no answer at all', () => {}, 'no complete answer within 0.1 s'],
    ['502 pages', answer(502, '<h1>Bad Gateway</h1>'), 'HTTP 502: Bad Gateway'],
  ])('%s', async (_, reply, reason) => {
    const { box, server, ids, script, asked, states, ...fixture } = await stage(3);
    using _fixture = fixture;
    script.set(ids[0] ?? '', reply);
    const drainOnce = () =>
      drainTo(box, server.url, { ignoreRest: true, settings: { timeout: reason.includes('0.1 s') ? 0.1 : 10 } });
    for (let drain = 0; drain < 4; drain++) await drainOnce();
    expect(asked()).toEqual([0]);
    expect(await drainOnce()).toMatchObject({ rejected: 1, stopped: [] });
    await drainOnce();
    expect(states()).toEqual(['rejected', 'delivered', 'delivered']);
    expect(box.entry(ids[0] ?? '').lastError).toStartWith(reason);
    expect(box.entry(ids[0] ?? '').lastError).toEndWith('failed 5 drains while the entry behind it was accepted');
  });

  test.each<[string, Reply, 'delivered' | 'rejected']>([
    ['may have arrived counts as delivered', (socket) => socket.resetAndDestroy(), 'delivered'],
    ['cannot have arrived is rejected again', answer(403, '<h1>Request blocked</h1>'), 'rejected'],
  ])('a retry of a rejected one that %s if the API answers with a conflict', async (_, reply, state) => {
    const { box, server, ids, script, states, ...fixture } = await stage(2);
    using _fixture = fixture;
    const [head = ''] = ids;
    script.set(head, reply);
    await drains(5, box, server.url);
    expect(states()).toEqual(['rejected', 'delivered']);
    script.set(head, answer(409, { error: 'Idempotency-Key was used before' }));
    expect(box.outbox.retry(box.entry(head))).toBe(true);
    await drainNow(box, server.url);
    expect(states()).toEqual([state, 'delivered']);
  });

  test('pages that refuse every entry reject none', async () => {
    const { box, server, ids, script, states, ...fixture } = await stage(3);
    using _ = fixture;
    for (const id of ids) script.set(id, answer(403, '<h1>Request blocked</h1>'));
    for (let drain = 0; drain < 30; drain++) expect(await drainNow(box, server.url)).toMatchObject({ rejected: 0 });
    expect(states()).toEqual(['pending', 'pending', 'pending']);
    script.clear();
    expect(await drainNow(box, server.url)).toMatchObject({ delivered: 3, rejected: 0 });
  });

  test('refusals of different kinds are not counted together', async () => {
    const { box, server, ids, script, asked, states, ...fixture } = await stage(2);
    using _ = fixture;
    for (const reply of [answer(403, 'no'), answer(502), answer(200, 'no'), crash, answer(404, 'no'), answer(302)]) {
      script.set(ids[0] ?? '', reply);
      await drains(2, box, server.url);
    }
    expect(asked()).toEqual([0]);
    expect(states()).toEqual(['pending', 'pending']);
  });
});

describe('a head that is answered with 500 and nothing known', () => {
  test('is rejected with the server’s error at the fifth drain if the next entry is accepted', async () => {
    const { box, server, ids, script, asked, states, ...fixture } = await stage(3);
    using _ = fixture;
    script.set(ids[0] ?? '', crash);
    await drains(4, box, server.url);
    expect(asked()).toEqual([0]);
    expect(states()).toEqual(['pending', 'pending', 'pending']);
    const fifth = await drainNow(box, server.url);
    expect(fifth).toMatchObject({ delivered: 2, rejected: 1, left: 0, stopped: [] });
    expect(asked()).toEqual([0, 1, 2]);
    expect(states()).toEqual(['rejected', 'delivered', 'delivered']);
    const head = box.entry(ids[0] ?? '');
    expect(head).toMatchObject({ lastStatus: 500 });
    expect(head.lastError).toContain('500 Internal Server Error');
    expect(head.lastError).toContain('failed 5 drains while the entry behind it was accepted');
    expect(fifth.lines.filter((line) => line.includes(`outbox show ${ids[0]}`))).toHaveLength(1);
  });

  test('stays if the next entry is not accepted either: the API is down', async () => {
    const { box, server, ids, script, asked, states, ...fixture } = await stage(3);
    using _ = fixture;
    for (const id of ids) script.set(id, crash);
    await drains(30, box, server.url);
    expect(states()).toEqual(['pending', 'pending', 'pending']);
    asked();
    script.clear();
    expect(await drainNow(box, server.url)).toMatchObject({ delivered: 3, rejected: 0, stopped: [] });
    expect(asked()).toEqual([0, 1, 2]);
  });

  test('stays if the next entry failed only while the API was down', async () => {
    const { box, server, ids, script, states, ...fixture } = await stage(3);
    using _ = fixture;
    for (const id of ids) script.set(id, crash);
    await drains(12, box, server.url);
    script.delete(ids[1] ?? '');
    script.delete(ids[2] ?? '');
    await drainNow(box, server.url);
    expect(states()).toEqual(['rejected', 'delivered', 'delivered']);
  });

  test('two in a row are both rejected, in time', async () => {
    const { box, server, ids, script, states, ...fixture } = await stage(4);
    using _ = fixture;
    script.set(ids[0] ?? '', crash).set(ids[1] ?? '', crash);
    await drains(9, box, server.url);
    expect(states()).toEqual(['pending', 'pending', 'pending', 'pending']);
    await drains(2, box, server.url);
    expect(states()).toEqual(['rejected', 'rejected', 'delivered', 'delivered']);
  });

  test('stays pending if it is the only entry, and does not block other streams', async () => {
    const { box, server, ids, script, states, ...fixture } = await stage(1);
    using _ = fixture;
    script.set(ids[0] ?? '', crash);
    const others = [box.add('casper'), box.add('casper')];
    await drains(8, box, server.url);
    expect(states()).toEqual(['pending']);
    expect(others.map((id) => box.entry(id).state)).toEqual(['delivered', 'delivered']);
    box.add('derecho');
    await drainNow(box, server.url);
    expect(states()).toEqual(['rejected']);
  });

  test('the next entry is not tried if it is from the future', async () => {
    const { box, server, ids, script, asked, states, ...fixture } = await stage(1);
    using _ = fixture;
    script.set(ids[0] ?? '', crash);
    box.add('derecho', { collectedAt: new Date(Date.now() + 3_600_000) });
    await drains(7, box, server.url);
    expect(asked()).toEqual([0]);
    expect(states()).toEqual(['pending']);
  });
});

describe('failures that never reject a body, however long they last', () => {
  test('a network error', async () => {
    const { box, server, ids, states, ...fixture } = await stage(2);
    using _ = fixture;
    const nobody = `http://127.0.0.1:${await closedPort()}`;
    await drains(12, box, nobody);
    expect(states()).toEqual(['pending', 'pending']);
    expect(box.entry(ids[1] ?? '').attempts).toBe(0);
    expect(await drainNow(box, server.url)).toMatchObject({ delivered: 2, rejected: 0 });
  });

  test('network errors, and a 500 of an API that is coming up', async () => {
    const { box, server, ids, script, asked, states, ...fixture } = await stage(2);
    using _ = fixture;
    await drains(10, box, `http://127.0.0.1:${await closedPort()}`);
    script.set(ids[0] ?? '', crash);
    await drains(4, box, server.url);
    expect(asked()).toEqual([0]);
    expect(states()).toEqual(['pending', 'pending']);
  });

  test.each([
    ['too many requests', answer(429, { error: 'rate_limit_exceeded' })],
    ['wrong credentials', answer(401, { error: 'Invalid credentials' })],
  ])('%s', async (_, reply) => {
    const { box, server, ids, script, asked, states, ...fixture } = await stage(2);
    using _fixture = fixture;
    script.set(ids[0] ?? '', reply);
    await drains(10, box, server.url);
    expect(asked()).toEqual([0]);
    expect(states()).toEqual(['pending', 'pending']);
  });
});

/** What the API says to bodies that it can never take, as measured, and the part of it that a person must be shown. */
const neverAcceptable: readonly (readonly [what: string, reply: string, shown: string])[] = [
  [
    'a field that is missing',
    databaseError("{'cpu_nodes_total': ['Missing data for required field.']}"),
    'Missing data',
  ],
  [
    'a text that is too long',
    databaseError('(psycopg2.errors.StringDataRightTruncation) value too long for type character varying(32)'),
    'value too long',
  ],
  [
    'a number that is too large',
    databaseError('(psycopg2.errors.NumericValueOutOfRange) integer out of range'),
    'integer out of range',
  ],
  [
    'null where something must be, in PostgreSQL',
    databaseError('(psycopg2.errors.NotNullViolation) null value in column "queue_id"'),
    'null value in column',
  ],
  [
    'null where something must be, in SQLite',
    databaseError('(sqlite3.IntegrityError) NOT NULL constraint failed: queue_status.queue_id'),
    'NOT NULL constraint',
  ],
  ['a NUL in a text', databaseError('A string literal cannot contain NUL (0x00) characters.'), 'NUL (0x00)'],
  [
    'a timestamp with an offset',
    databaseError("can't compare offset-naive and offset-aware datetimes"),
    'offset-naive',
  ],
  ['an invalid date', databaseError("Invalid isoformat string: 'tomorrow'"), "'tomorrow'"],
  ['a list with something else in it', databaseError("'str' object has no attribute 'get'"), 'has no attribute'],
  ['a reservation without a name', databaseError("'reservation_name'"), 'reservation_name'],
  [
    'a kind of node that is not known',
    databaseError("'bogus' is not among the defined enum values. Enum name: nodetype"),
    'defined enum values',
  ],
  [
    'a timestamp that cannot be read',
    answer(400, { error: 'Invalid timestamp format: yesterday' }),
    'Invalid timestamp format: yesterday',
  ],
  ['an empty object', answer(400, { error: 'JSON body required' }), 'JSON body required'],
  ['another content type', answer(415, { error: 'Unsupported Media Type' }), 'Unsupported Media Type'],
  [
    'a size that it does not take, without user rows',
    answer(413, '<h1>413 Request Entity Too Large</h1>'),
    '413 Request Entity Too Large',
  ],
  [
    'a conflict at the first sending',
    answer(409, { error: 'Idempotency-Key was used before' }),
    'Idempotency-Key was used before',
  ],
];

describe('a body that the API can never take is rejected with its words, and the queue moves on:', () => {
  test.each(neverAcceptable)('%s', async (_, reply, shown) => {
    const { box, server, ids, script, states, ...fixture } = await stage(2);
    using _fixture = fixture;
    script.set(ids[0] ?? '', reply);
    const drained = await drainNow(box, server.url);
    expect(drained).toMatchObject({ delivered: 1, rejected: 1, left: 0, stopped: [] });
    expect(states()).toEqual(['rejected', 'delivered']);
    expect(box.entry(ids[0] ?? '').lastError).toContain(shown);
    expect(drained.lines.some((line) => line.includes('rejected by the SAM API') && line.includes(shown))).toBe(true);
  });
});
