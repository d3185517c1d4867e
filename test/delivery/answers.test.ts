import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { gzipSync } from 'bun';
import { unknownHost } from '../support/unknown-host.ts';
import {
  accepted,
  answer,
  closedPort,
  databaseError,
  drainTo,
  type Reply,
  type ScriptedServer,
  startFixture,
  startScripted,
} from './helper.ts';

type Kind = 'accepted' | 'misconfigured' | 'rejected' | 'unavailable';

/** What a drain of two entries of one stream makes of it, if the first always gets an answer of this kind. */
const consequences = {
  accepted: { states: ['delivered', 'delivered'], requests: 2, attempts: 1, delivered: 2, rejected: 0, left: 0 },
  misconfigured: { states: ['pending', 'pending'], requests: 1, attempts: 0, delivered: 0, rejected: 0, left: 2 },
  rejected: { states: ['rejected', 'delivered'], requests: 2, attempts: 1, delivered: 1, rejected: 1, left: 0 },
  unavailable: { states: ['pending', 'pending'], requests: 4, attempts: 4, delivered: 0, rejected: 0, left: 2 },
} as const;

const loginPage = '<html><head><style>p { color: red }</style></head><body><p>Please log in</p></body></html>';
const statement = '\n[SQL: INSERT INTO queue_status VALUES (%s)]\n[parameters: (1,)]\n(Background on this error)';
const violation = (constraint: string, table: string) =>
  `(psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint "${constraint}"\nDETAIL: Key exists.${statement.replace('queue_status', table)}`;
const sqliteViolation = (column: string) => `(sqlite3.IntegrityError) UNIQUE constraint failed: ${column}${statement}`;

const accept: [string, Reply, RegExp][] = [
  ['201 and its JSON', accepted(7), /./],
  ['201 for an outage', answer(201, { success: true, outage_id: 3 }), /./],
  ['201 and its JSON under another content type', accepted(7).replace('application/json', 'text/plain'), /./],
  ['201 in chunks', chunked(201, '{"success":true,"status_id":7}'), /./],
  ['201 without a length', (socket) => socket.end('HTTP/1.1 201 C\r\n\r\n{"success":true,"status_id":7}'), /./],
  ['201 behind early hints', `HTTP/1.1 103 Early Hints\r\n\r\n${accepted(7)}`, /./],
  [
    '201 with an invalid encoding',
    answer(201, { success: true, status_id: 7 }, { 'Content-Encoding': 'identity' }),
    /./,
  ],
];

const misconfigure: [string, Reply, RegExp][] = [
  [
    '200 and the JSON of a success',
    accepted(7).replace('201', '200'),
    /^HTTP 200 that is not the API's answer.*STATUS_API_URL/,
  ],
  ['200 with a login page', answer(200, loginPage), /^HTTP 200 that is not the API's answer: Please log in: check/],
  ['201 with a login page', answer(201, loginPage), /^HTTP 201 that is not the API's answer: Please log in: check/],
  ['201 with other JSON', answer(201, { ok: true }), /^HTTP 201 that is not/],
  ['201 without an id', answer(201, { success: true }), /^HTTP 201 that is not/],
  ['201 with success: false', answer(201, { success: false, status_id: 7 }), /^HTTP 201 that is not/],
  ['201 with an id that is not a number', answer(201, { success: true, status_id: 'x' }), /^HTTP 201 that is not/],
  ['201 with nothing', answer(201), /^HTTP 201 that is not/],
  ['201 with broken JSON', answer(201, '{"success":true,"status_id":7'), /^HTTP 201 that is not/],
  ['201 with a binary answer', binary(201), /^HTTP 201 that is not/],
  [
    '201 with a compressed answer',
    compressed(201),
    /^HTTP 201 that is not the API's answer: the answer is encoded as gzip/,
  ],
  ['201 with a huge answer', huge(201), /^HTTP 201 that is not the API's answer: the answer has more than \d+ bytes/],
  ['202', answer(202, { success: true, status_id: 7 }), /^HTTP 202 that is not/],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', /^HTTP 204 that is not/],
  ['304', 'HTTP/1.1 304 Not Modified\r\n\r\n', /^HTTP 304, a redirect: check STATUS_API_URL/],
  ['401', answer(401, { error: 'Invalid credentials' }), /^HTTP 401: Invalid credentials: check STATUS_API_USER/],
  ['401 with a compressed answer', compressed(401), /^HTTP 401 that is not the API's answer: .*gzip.*: check STATUS/],
  [
    '401 with an answer that only claims to be compressed',
    answer(401, 'x', { 'Content-Encoding': 'gzip' }),
    /^HTTP 401 that is not the API's answer: .*gzip/,
  ],
  ['403', answer(403, { error: 'no' }), /^HTTP 403: no: check STATUS_API_USER/],
  ['404', answer(404, { error: 'Not found' }), /^HTTP 404: Not found: check STATUS_API_URL; .*doctor shows whether/],
  ['405', answer(405, { error: 'no' }), /^HTTP 405: no: check STATUS_API_URL$/],
  ['a known error under a status that the API does not use', answer(418, { error: 'no' }), /^HTTP 418: no: check/],
  ['400 with a huge answer', huge(400), /^HTTP 400 that is not the API's answer: the answer has more than/],
  ...[400, 401, 403, 404, 405, 407, 409, 415, 422, 451].flatMap((status): [string, Reply, RegExp][] => [
    [
      `${status} with a firewall's page`,
      answer(status, '<title>Blocked</title><h1>Request blocked</h1>'),
      new RegExp(
        `^HTTP ${status} that is not the API's answer: Blocked Request blocked: check STATUS_API_URL and the proxies before it(; hpc-collector doctor .*)?$`,
      ),
    ],
    [
      `${status} with a gateway's JSON`,
      answer(status, { timestamp: '2026-01-01T00:00:00Z', status, error: 'Bad Request', path: '/' }),
      new RegExp(`^HTTP ${status} that is not the API's answer: `),
    ],
    [`${status} without a body`, answer(status), new RegExp(`^HTTP ${status} that is not the API's answer: check`)],
  ]),
];

const reject: [string, Reply, RegExp][] = [
  ['400', answer(400, { error: 'Invalid timestamp format: x' }), /^HTTP 400: Invalid timestamp format: x$/],
  ['409 on a body never sent before', answer(409, { error: 'conflict' }), /^HTTP 409: conflict$/],
  ['413 on a body that cannot be made smaller', answer(413, '<h1>Too Large</h1>'), /^HTTP 413: Too Large$/],
  ['415', answer(415, { error: 'Unsupported' }), /^HTTP 415: Unsupported$/],
  ['422', answer(422, { error: 'x' }), /^HTTP 422: x$/],
  ...[
    "{'cpu_nodes_total': ['Missing data for required field.']}",
    '(psycopg2.errors.StringDataRightTruncation) value too long for type character varying(32)',
    '(psycopg2.errors.NumericValueOutOfRange) integer out of range',
    '(psycopg2.errors.NotNullViolation) null value in column "name"',
    '(sqlite3.IntegrityError) NOT NULL constraint failed: queues.queue_name',
    'A string literal cannot contain NUL (0x00) characters.',
    "can't subtract offset-naive and offset-aware datetimes",
    "can't compare offset-naive and offset-aware datetimes",
    "Invalid isoformat string: 'soon'",
    "'str' object has no attribute 'get'",
    "'reservation_name'",
    "'bogus' is not among the defined enum values",
    // Another collector's snapshot of the same moment: this one was never sent.
    violation('uq_filesystem_status_timestamp_filesystem_id', 'filesystem_status'),
    sqliteViolation('filesystem_status.timestamp, filesystem_status.filesystem_id'),
  ].map((text): [string, Reply, RegExp] => [
    named(text),
    databaseError(text),
    new RegExp(`^HTTP 500: Database error: ${RegExp.escape(text.slice(0, 30))}`),
  ]),
];

const storedBefore: [string, Reply, RegExp][] = [
  violation('uq_queue_status_timestamp_queue_id', 'queue_status'),
  violation('uq_casper_nodetype_timestamp_type', 'casper_node_type_status'),
  violation('uq_user_proj_queue_status_snapshot', 'user_proj_queue_status'),
  sqliteViolation('queue_status.timestamp, queue_status.queue_id'),
  sqliteViolation('casper_node_type_status.timestamp, casper_node_type_status.node_type'),
  sqliteViolation('user_proj_queue_status.timestamp'),
].map((text) => [named(text), databaseError(text), /./]);

const onlyOnRetry: [string, Reply, RegExp][] = [
  ['409', answer(409, { error: 'conflict' }), /./],
  ...[
    violation('uq_filesystem_status_timestamp_filesystem_id', 'filesystem_status'),
    sqliteViolation('filesystem_status.timestamp, filesystem_status.filesystem_id'),
  ].map((text): [string, Reply, RegExp] => [named(text), databaseError(text), /./]),
];

const unavailable: [string, Reply, RegExp][] = [
  ['408', answer(408, { error: 'Request body took too long' }), /^HTTP 408: Request body took too long$/],
  ['425', answer(425), /^HTTP 425$/],
  [
    '429',
    answer(429, { error: 'rate_limit_exceeded', limit: '120 per 1 minute', retry_after: 1 }),
    /^HTTP 429: rate_limit_exceeded$/,
  ],
  ...[
    '(psycopg2.OperationalError) server closed the connection unexpectedly',
    '(psycopg2.OperationalError) connection to server at "db" (10.0.0.1), port 5432 failed: Connection refused',
    `(sqlite3.OperationalError) database is locked${statement}`,
    // What the statement quotes is what was sent, and says nothing about the error.
    `(sqlite3.OperationalError) database is locked\n[SQL: INSERT]\n[parameters: ('UNIQUE constraint failed: queue_status.x', "has no attribute")]`,
    ...['systems', 'queues', 'filesystems', 'login_nodes', 'status_users', 'project_codes'].flatMap((table) => [
      violation(`${table}_name_key`, table),
      sqliteViolation(`${table}.name`),
    ]),
    'an unknown answer',
  ].map((text): [string, Reply, RegExp] => [named(text), databaseError(text), /^HTTP 500: Database error/]),
  ['500 with other JSON', answer(500, { detail: "Database error: {'x" }), /^HTTP 500/],
  ['500 with a huge answer', huge(500), /^HTTP 500: the answer has more than/],
  ...[500, 502, 503, 504].map((status): [string, Reply, RegExp] => [
    `${status} with a page`,
    answer(status, `<html><title>${status} Bad</title><h1>nginx</h1>`),
    new RegExp(`^HTTP ${status}: ${status} Bad nginx$`),
  ]),
  ['599', answer(599), /^HTTP 599$/],
  [
    'a reset before the answer',
    (socket) => socket.resetAndDestroy(),
    /^the connection was lost before the answer was complete/,
  ],
  ['a close before the answer', (socket) => socket.end(), /^the connection was lost before the answer was complete/],
  ['a close in the middle of the answer', (socket) => socket.end(accepted(7).slice(0, -5)), /^the connection was lost/],
  [
    'a close in the middle of a chunked answer',
    (socket) => socket.end(chunked(201, 'x').slice(0, -5)),
    /connection was lost/,
  ],
  ['what is not HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), /^the answer is not HTTP$/],
  ['no answer at all', () => {}, /^no complete answer within 0\.4 s$/],
  ['a body that stalls', (socket) => socket.write(accepted(7).slice(0, -5)), /^no complete answer within 0\.4 s$/],
  ['a body that trickles without end', trickling(201), /^no complete answer within 0\.4 s$/],
  ['headers that trickle without end', trickling(null), /^no complete answer within 0\.4 s$/],
];

for (const [kind, rows] of Object.entries({
  accepted: [...accept, ...storedBefore],
  misconfigured: misconfigure,
  rejected: reject,
  unavailable,
} satisfies Record<Kind, typeof accept>)) {
  describe(`is ${kind}:`, () => {
    test.each(rows)('%s', async (_, reply, detail) => {
      const expected = consequences[kind as Kind];
      using fixture = await startFixture(({ path }) => (path.endsWith('/first') ? reply : accepted(8)));
      const { box, server } = fixture;
      const ids = [box.add('x', { path: '/first' }), box.add('x', { path: '/second' })];
      // Short only where it is to run out: a busy machine answers late.
      const timeout = String(detail).includes('complete answer within') ? 0.4 : 10;
      const result = await drainTo(box, server.url, { settings: { timeout } });

      const [first, second] = ids.map((id) => box.entry(id));
      if (!first || !second) throw new Error('the entries are gone');
      expect([first.state, second.state]).toEqual([...expected.states]);
      expect(server.seen.length).toBe(expected.requests);
      expect(first.attempts).toBe(expected.attempts);
      expect(box.outbox.attempts(first).length).toBe(kind === 'misconfigured' ? 1 : expected.attempts);
      const { delivered, rejected, left } = result;
      expect({ delivered, rejected, left }).toEqual({
        delivered: expected.delivered,
        rejected: expected.rejected,
        left: expected.left,
      });
      expect(result.stopped).toEqual(expected.left === 0 ? [] : ['sam/x']);
      expect(first.failedDrains).toBe(kind === 'unavailable' || kind === 'misconfigured' ? 1 : 0);
      expect(first.nextAttemptAt === null).toBe(kind !== 'unavailable');
      expect(first.deliveredAt === null).toBe(kind !== 'accepted');
      if (kind === 'accepted') {
        expect(first.lastError).toBeNull();
        expect(first.answer).toContain('{');
      } else {
        expect(first.lastError).toMatch(detail);
        expect(result.lines.join('\n')).toContain(first.lastError ?? '');
      }
    });
  });
}

describe('is accepted on a retry of what may have arrived:', () => {
  const firstReplies: [string, Reply][] = [
    ['a 503', answer(503)],
    ['a lost answer', (socket) => socket.resetAndDestroy()],
  ];
  for (const [firstName, firstReply] of firstReplies) {
    test.each([...storedBefore, ...onlyOnRetry])(`${firstName}, then %s`, async (_, reply) => {
      using fixture = await startFixture((_path, before) => (before === 0 ? firstReply : reply));
      const { box, server } = fixture;
      const id = box.add('x');
      expect(await drainTo(box, server.url)).toMatchObject({ delivered: 1, rejected: 0, left: 0, stopped: [] });
      expect(server.seen.length).toBe(2);
      expect(box.entry(id)).toMatchObject({ state: 'delivered', attempts: 2 });
    });
  }

  test.each(onlyOnRetry.slice(1))('a first try with a timestamp that no other system has: %s', async (_, reply) => {
    using fixture = await startFixture(() => reply);
    const { box, server } = fixture;
    const own = box.add('derecho', { body: JSON.stringify({ timestamp: '2026-11-21T08:00:00.123024' }) });
    const shared = ['2026-11-21T08:05:00.123', '2026-11-21T08:10:00.123000'].map((timestamp) =>
      box.add('derecho', { body: JSON.stringify({ timestamp }) }),
    );
    await drainTo(box, server.url);
    expect(box.entry(own).state).toBe('delivered');
    expect(shared.map((id) => box.entry(id).state)).toEqual(['rejected', 'rejected']);
  });

  test('a lost answer in an earlier drain, then 409', async () => {
    using fixture = await startFixture((_path, before) => (before < 4 ? answer(503) : answer(409, { error: 'x' })));
    const { box, server } = fixture;
    box.add('x');
    await drainTo(box, server.url);
    expect(await drainTo(box, server.url, { ignoreRest: true })).toMatchObject({ delivered: 1, rejected: 0 });
  });
});

test.each([400, 404, 409, 415, 422])('after a 502, a page with %d decides nothing about the entry', async (status) => {
  using fixture = await startFixture((_path, before) => (before === 0 ? answer(502) : answer(status, '<h1>no</h1>')));
  const { box, server } = fixture;
  const id = box.add('x');
  expect(await drainTo(box, server.url)).toMatchObject({ delivered: 0, rejected: 0, left: 1, stopped: ['sam/x'] });
  expect(box.entry(id)).toMatchObject({ state: 'pending', firstSentAt: expect.any(Date) });
});

describe('409 is a rejection of what cannot have arrived before, after', () => {
  test.each<[string, Reply]>([
    ['401', answer(401, { error: 'Invalid credentials' })],
    ['a redirect', answer(302, '', { Location: '/login' })],
    ['429', answer(429)],
  ])('%s', async (_, reply) => {
    using fixture = await startFixture((_path, before) => (before === 0 ? reply : answer(409, { error: 'conflict' })));
    const { box, server } = fixture;
    const id = box.add('x');
    await drainTo(box, server.url);
    await drainTo(box, server.url, { ignoreRest: true });
    expect(box.entry(id)).toMatchObject({ state: 'rejected', firstSentAt: null });
  });

  test('a refused connection', async () => {
    using fixture = await startFixture(() => answer(409, { error: 'conflict' }));
    const { box, server } = fixture;
    const id = box.add('x');
    await drainTo(box, `http://127.0.0.1:${await closedPort()}`);
    expect(box.entry(id)).toMatchObject({ state: 'pending', firstSentAt: null, lastError: 'connection refused' });
    await drainTo(box, server.url, { ignoreRest: true });
    expect(box.entry(id).state).toBe('rejected');
  });
});

test('an answer that was lost is not forgotten because the next one is a 401', async () => {
  using fixture = await startFixture((_path, before) => (before === 0 ? answer(504) : answer(401)));
  const { box, server } = fixture;
  const id = box.add('x');
  await drainTo(box, server.url);
  expect(box.entry(id).firstSentAt).not.toBeNull();
});

describe('the login page of a redirect', () => {
  let login: ScriptedServer;
  beforeAll(async () => {
    login = await startScripted(() => answer(200, loginPage));
  });
  afterAll(() => login.stop());

  test.each([301, 302, 303, 307, 308])('is never asked for after %d', async (status) => {
    using fixture = await startFixture(() => answer(status, '', { Location: `${login.url}/login?next=%2Fapi` }));
    const { box, server } = fixture;
    const id = box.add('x');
    expect(await drainTo(box, server.url)).toMatchObject({ delivered: 0, rejected: 0, left: 1, stopped: ['sam/x'] });
    expect(box.entry(id)).toMatchObject({
      state: 'pending',
      attempts: 0,
      lastError: `HTTP ${status}, a redirect to ${login.url}/login?next=%2Fapi: check STATUS_API_URL`,
    });
    expect(login.seen).toEqual([]);
  });
});

test.each([
  ['connection refused', async () => `http://127.0.0.1:${await closedPort()}`, 'connection refused'],
  ['unknown host', async () => `http://${unknownHost}`, 'unknown host name'],
])('%s is unavailable', async (_, url, words) => {
  using fixture = await startFixture(() => accepted());
  const id = fixture.box.add('x');
  expect(await drainTo(fixture.box, await url())).toMatchObject({ left: 1, stopped: ['sam/x'] });
  expect(fixture.box.entry(id)).toMatchObject({ attempts: 4, lastError: words, firstSentAt: null });
});

describe('text from outside is made safe before it is logged or stored', () => {
  const escapes = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202eevil\u0000\r\nINFO forged line';
  // Headers as Bun takes them: bytes over 0x7f, among them the one-byte CSI.
  const location = Buffer.concat([
    Buffer.from('HTTP/1.1 302 F\r\nContent-Length: 0\r\nLocation: http://127.0.0.1/'),
    Buffer.from([0x9b]),
    Buffer.from('2J\r\n\r\n'),
  ]);
  test.each<[string, Reply]>([
    ['a page', answer(404, `<p>${escapes}</p>`)],
    ['a page of success', answer(200, escapes)],
    ['an error of the API', answer(400, { error: escapes })],
    ['an error of its database', databaseError(`{'${escapes}': 1}`)],
    ['an error that passes', answer(503, escapes)],
    ['a redirect', location],
    ['a Retry-After', answer(429, escapes, { 'Retry-After': '\t\u001b[2J' })],
    ['a status line', (socket) => socket.end(`HTTP/1.1 500 ${escapes.slice(0, 8)}\r\nContent-Length: 0\r\n\r\n`)],
    ['an encoding', answer(500, 'x', { 'Content-Encoding': 'x\u0080\u009b31m' })],
    ['a binary answer', binary(500)],
  ])('%s', async (_, reply) => {
    using fixture = await startFixture(() => reply);
    const { box, server } = fixture;
    const entry = box.entry(box.add('x'));
    const { lines } = await drainTo(box, server.url);
    const stored = [
      box.entry(entry.id).lastError ?? '',
      ...box.outbox.attempts(entry).map((attempt) => attempt.detail),
    ];
    for (const text of [...stored, ...lines]) {
      expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      expect(text.length).toBeLessThan(800);
    }
  });
});

/** A name of one line for an error of the database. */
function named(text: string): string {
  return `500 ${text.replace(/\s+/g, ' ').slice(0, 110)}`;
}

function chunked(status: number, body: string): string {
  return `HTTP/1.1 ${status} C\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

/** Bytes with the length of their answer in front. */
function bytes(status: number, body: Uint8Array, headers = ''): Buffer {
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} C\r\n${headers}Content-Length: ${body.length}\r\n\r\n`), body]);
}

function binary(status: number): Buffer {
  return bytes(
    status,
    Uint8Array.from({ length: 512 }, (_, index) => index % 256),
  );
}

function compressed(status: number): Buffer {
  return bytes(status, gzipSync(Buffer.from('{"success":true,"status_id":7}')), 'Content-Encoding: gzip\r\n');
}

/** Over the limit, and without an end. */
function huge(status: number): Reply {
  return (socket) => {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    socket.write(`HTTP/1.1 ${status} C\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const more = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  };
}

/** A few bytes every few milliseconds, of the body, or of the headers where the status is null. */
function trickling(status: number | null): Reply {
  return (socket) => {
    if (status === null) socket.write('HTTP/1.1 201 C\r\n');
    else socket.write(`HTTP/1.1 ${status} C\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const timer = setInterval(() => socket.write(status === null ? 'X-A: b\r\n' : '1\r\nx\r\n'), 10);
    socket.on('close', () => clearInterval(timer));
  };
}
