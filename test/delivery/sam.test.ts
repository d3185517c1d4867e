import { afterAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { samDestination } from '../../src/delivery/sam.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { temporaryDirectory } from '../support/files.ts';
import { accepted, answer, databaseError, drainTo, password, settingsFor, startFixture, user } from './helper.ts';

const login = Buffer.from(`${user}:${password}`).toString('base64');

test('a request has the login, the key of its entry, and the body as it was stored', async () => {
  using fixture = await startFixture(() => accepted());
  const { box, server } = fixture;
  const body = '{"title":"Wartung – ü 🚧","n":1.50}';
  const id = box.add('derecho', { body });
  await drainTo(box, server.url);
  const [request] = server.seen;
  expect(request).toMatchObject({ method: 'POST', path: '/api/v1/status/derecho', body });
  expect(request?.headers).toMatchObject({
    authorization: `Basic ${login}`,
    'content-type': 'application/json',
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-length': String(Buffer.byteLength(body)),
    'idempotency-key': id,
  });
  expect(request?.headers).not.toHaveProperty('content-encoding');
});

test('the key of an entry is the same with every try, and no two entries have the same', async () => {
  using fixture = await startFixture((_, before) => (before < 2 ? answer(503) : accepted()));
  const { box, server } = fixture;
  const ids = [box.add('x'), box.add('x')];
  await drainTo(box, server.url);
  expect(server.seen.map((request) => request.headers['idempotency-key'])).toEqual([ids[0], ids[0], ids[0], ids[1]]);
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

describe('X-Collection-Failed', () => {
  test.each([
    ['is not there when nothing failed', [], undefined],
    [
      'names what failed',
      ['jobs', 'login_nodes/derecho3', 'nodes (partial)'],
      'jobs, login_nodes/derecho3, nodes (partial)',
    ],
    ['has visible ASCII only', ['filesystems/ü\r\nX-Evil: 1'], 'filesystems/???X-Evil: 1'],
    [
      'is cut before servers refuse it',
      new Array(500).fill('login_nodes/x'),
      /^(login_nodes\/x, ){60}.{100,110}\.\.\.$/,
    ],
  ])('%s', async (_, failedProbes, expected) => {
    using fixture = await startFixture(() => accepted());
    fixture.box.add('x', { failedProbes });
    await drainTo(fixture.box, fixture.server.url);
    const header = fixture.server.seen[0]?.headers['x-collection-failed'];
    if (expected instanceof RegExp) expect(header).toMatch(expected);
    else expect(header).toBe(expected);
    expect(fixture.server.seen[0]?.headers).not.toHaveProperty('x-evil');
  });
});

describe('the answer to an accepted entry is stored', () => {
  test('as it came', async () => {
    const body = { success: true, message: 'ok', status_id: 41, queue_ids: [1, 2], timestamp: '2026-01-01T00:00:00' };
    using fixture = await startFixture(() => answer(201, body));
    const { box, server } = fixture;
    const id = box.add('derecho');
    const { lines } = await drainTo(box, server.url);
    expect(JSON.parse(box.entry(id).answer ?? '')).toEqual(body);
    expect(lines).toEqual(['✓ Posted derecho status: status_id=41']);
    expect(box.outbox.attempts(box.entry(id))).toMatchObject([
      { status: 201, outcome: 'accepted', detail: 'status_id=41' },
    ]);
  });

  test('also if it says that the entry is stored already', async () => {
    using fixture = await startFixture(() => databaseError('uq_queue_status_timestamp_queue_id'));
    const { box, server } = fixture;
    const id = box.add('derecho');
    const { lines } = await drainTo(box, server.url);
    expect(box.entry(id)).toMatchObject({ lastStatus: 500, answer: expect.stringContaining('uq_queue_status') });
    expect(lines).toEqual(['✓ derecho status: already stored by an earlier attempt (HTTP 500)']);
  });
});

describe('credentials are never stored or logged', () => {
  const echo = `Headers: {'Authorization': 'Basic ${login}'}, password ${password}`;
  test.each([
    ['accepted', answer(201, { success: true, status_id: 1, message: echo })],
    ['an error', answer(400, { error: echo })],
    ['a debugging page', answer(500, `<pre>${echo}</pre>`)],
    ['a redirect', answer(302, '', { Location: `/login?auth=${login}` })],
    ['an echo', answer(200, { echo })],
  ])('even where the server shows them: %s', async (_, reply) => {
    using fixture = await startFixture(() => reply);
    const {
      box,
      server,
      box: { directory },
    } = fixture;
    box.add('x');
    const { lines } = await drainTo(box, server.url);
    expect(server.seen[0]?.headers.authorization).toBe(`Basic ${login}`);
    const files = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'latin1'));
    for (const text of [...files, ...lines]) {
      expect(text.includes(login) || text.includes(password)).toBe(false);
    }
  });
});

describe('what is missing or wrong in the configuration', () => {
  const directory = temporaryDirectory();
  afterAll(() => directory.remove());
  const file = (name: string, text: string) => {
    writeFileSync(join(directory.path, name), text);
    return join(directory.path, name);
  };
  test.each([
    ['no address', { baseUrl: null }, /address is not configured: set STATUS_API_URL/],
    [
      'no credentials',
      { credentials: null },
      /credentials are not configured: set STATUS_API_USER and STATUS_API_PASSWORD/,
    ],
    [
      'no certificate file',
      { ca_file: '/nowhere/ca.pem' },
      /cannot read destinations\.sam\.ca_file \/nowhere\/ca\.pem: ENOENT/,
    ],
    [
      'a certificate file with something else',
      { ca_file: file('ca.txt', 'hello') },
      /ca\.txt has no certificate in PEM form/,
    ],
    ['an empty certificate file', { ca_file: file('empty.pem', '') }, /empty\.pem has no certificate in PEM form/],
  ])('is said with its remedy, exit code 2: %s', (_, settings, words) => {
    try {
      samDestination(settingsFor('http://127.0.0.1:1', settings));
      throw new Error('it was taken');
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      expect(error.message).toMatch(words);
      expect(error.exitCode).toBe(2);
    }
  });
});

describe('what is left out of a snapshot', () => {
  const rows = [{ username: 'ada' }];
  const reservations = [{ reservation_name: 'r' }];
  const destination = samDestination(settingsFor('http://127.0.0.1:9'));
  const prepared = (payload: object, isLate: boolean, isNewest: boolean) => {
    const { body, leftOut } = destination.prepare(JSON.stringify(payload), { isLate, isNewest, outageRow: null });
    return { ...JSON.parse(body), leftOut };
  };

  test.each([
    ['the newest in its order', false, true, { user_project_queues: rows, reservations, leftOut: [] }],
    ['an older one in its order', false, false, { user_project_queues: rows, leftOut: ['reservations'] }],
    ['a late one', true, false, { user_project_queues: [], leftOut: ['user_project_queues', 'reservations'] }],
    [
      'a late one that is the newest',
      true,
      true,
      { user_project_queues: [], leftOut: ['user_project_queues', 'reservations'] },
    ],
  ])('%s', (_, isLate, isNewest, expected) => {
    expect(prepared({ user_project_queues: rows, reservations }, isLate, isNewest)).toEqual(expected);
  });

  test.each([
    ['only rows', { user_project_queues: rows }, { user_project_queues: [], leftOut: ['user_project_queues'] }],
    ['no rows', { user_project_queues: [], reservations }, { user_project_queues: [], leftOut: ['reservations'] }],
    ['only reservations', { reservations }, { leftOut: ['reservations'] }],
    ['empty lists', { user_project_queues: [], reservations: [] }, { user_project_queues: [], leftOut: [] }],
    ['neither', { cpu_nodes_total: 1 }, { cpu_nodes_total: 1, leftOut: [] }],
    ['rows that are not a list', { user_project_queues: 'x' }, { user_project_queues: 'x', leftOut: [] }],
  ])('of a late one with %s', (_, payload, expected) => {
    expect(prepared(payload, true, false)).toEqual(expected);
  });

  test('if the server takes no large body: the rows, if there are any', () => {
    const reduce = (payload: object) => destination.reduce(JSON.stringify(payload));
    expect(reduce({ user_project_queues: rows, reservations })).toEqual({
      body: JSON.stringify({ user_project_queues: [], reservations }),
      leftOut: 'user_project_queues',
    });
    expect(reduce({ user_project_queues: [] })).toBeNull();
    expect(reduce({ reservations })).toBeNull();
  });
});
