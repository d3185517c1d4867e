/** How requests are answered, refused, counted and logged, whatever the handlers do. */

import { beforeEach, describe, expect, test } from 'bun:test';
import { json, refusalOf, refuseAsIngest, refuseAsSam } from '../../../src/server/http/answer.ts';
import { RequestProblem } from '../../../src/server/http/problem.ts';
import {
  type AnsweredRequest,
  type Api,
  type Call,
  createDispatcher,
  route,
} from '../../../src/server/http/routing.ts';
import { Conflict, Unavailable, Unstorable } from '../../../src/server/store/errors.ts';

const open = () => Promise.resolve('caller');
const found = async ({ parameters }: Call, caller: string) => ({
  response: json(200, JSON.stringify({ parameters, caller })),
  note: 'noted',
});
const failing = (error: unknown) => () => Promise.reject(error);

const data: Api = {
  prefixes: ['/data/', '/exact'],
  refuse: refuseAsIngest,
  notFound: 'No such data',
  notAllowed: () => 'Not allowed',
  origins: new Set(['https://page.example.org']),
  routes: [route('POST', '/data/ask', open, found), route('GET', '/exact', open, found)],
};
const status: Api = {
  prefixes: ['/'],
  refuse: refuseAsSam,
  notFound: 'Not found',
  notAllowed: (allowed) => `Use ${allowed}`,
  origins: null,
  routes: [
    route('GET', '/systems/:system', open, found),
    route('PATCH', '/systems/:system', open, found),
    route('GET', '/names/:name', open, found),
    route('GET', '/jobs/:job/:sample', open, found),
    route('GET', '/outages/:outage', open, found),
    route('GET', '/broken', open, failing(new Error('inside\nof it'))),
    route('GET', '/refused', open, failing(new RequestProblem(403, 'No'))),
    route('GET', '/forbidden', open, async () => ({ response: json(401, '{}') })),
  ],
};

const lines: string[] = [];
const observed: AnsweredRequest[] = [];
const dispatch = createDispatcher(
  [data, status],
  { isTls: false, isBehindProxy: false },
  (line, level) => lines.push(`${level}: ${line.replace(/ \d+ ms/, ' N ms')}`),
  (observation) => observed.push(observation),
);
beforeEach(() => {
  lines.length = 0;
  observed.length = 0;
});

async function ask(method: string, path: string, headers: Record<string, string> = { Host: 'localhost' }) {
  const response = await dispatch(new Request(`http://localhost${path}`, { method, headers }), '203.0.113.7');
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
}

describe('a request', () => {
  test('is answered with the parameters of its path, counted and logged', async () => {
    const { status: answered, body, headers } = await ask('GET', '/systems/derecho?x=1');
    expect([answered, body]).toEqual([200, { parameters: { system: 'derecho' }, caller: 'caller' }]);
    expect(Object.fromEntries(headers)).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(lines).toEqual(['info: 200 GET /systems/derecho N ms: noted']);
    expect(observed).toEqual([{ method: 'GET', route: '/systems/:system', status: 200, seconds: expect.any(Number) }]);
    expect(observed[0]?.seconds).toBeWithin(0, 1);
  });

  test('is logged and observed with the time that it took', async () => {
    const { now } = performance;
    let clock = 5000;
    performance.now = () => clock;
    try {
      const slow = route('GET', '/slow', open, async () => {
        clock += 250.4;
        return { response: json(200, '{}') };
      });
      const slowly = createDispatcher(
        [{ ...status, routes: [slow] }],
        { isTls: false, isBehindProxy: false },
        (line) => lines.push(line),
        (observation) => observed.push(observation),
      );
      await slowly(new Request('http://localhost/slow', { headers: { Host: 'localhost' } }), '');
    } finally {
      performance.now = now;
    }
    expect(lines).toEqual(['200 GET /slow 250 ms']);
    expect(observed[0]?.seconds).toBeCloseTo(0.2504, 9);
  });

  test('with HEAD is that of GET', async () => {
    expect((await ask('HEAD', '/systems/derecho')).status).toBe(200);
    expect(observed).toMatchObject([{ method: 'HEAD', route: '/systems/:system' }]);
  });

  test.each<[method: string, path: string, status: number, body: unknown, allow: string | null]>([
    ['GET', '/none', 404, { error: 'Not found' }, null],
    ['GET', '/data/none', 404, { detail: 'No such data' }, null],
    ['GET', '/data', 404, { error: 'Not found' }, null],
    ['GET', '/exact/', 404, { error: 'Not found' }, null],
    ['GET', '/exact', 200, { parameters: {}, caller: 'caller' }, null],
    ['DELETE', '/systems/derecho', 405, { error: 'Use GET, HEAD, PATCH' }, 'GET, HEAD, PATCH'],
    ['GET', '/data/ask', 405, { detail: 'Not allowed' }, 'POST'],
    ['GET', '/names/a%2Fb', 200, { parameters: { name: 'a/b' }, caller: 'caller' }, null],
    ['GET', '/names/%ff', 404, { error: 'Not found' }, null],
    ['GET', '/systems/outages', 404, { error: 'Not found' }, null],
    ['GET', '/systems/outages2', 200, { parameters: { system: 'outages2' }, caller: 'caller' }, null],
    ['GET', `/systems/${'a'.repeat(33)}`, 404, { error: 'Not found' }, null],
    ['GET', `/outages/${'1'.repeat(16)}`, 404, { error: 'Not found' }, null],
    ['GET', '/jobs/7%5B3%5D/7.json', 200, { parameters: { job: '7[3]', sample: '7.json' }, caller: 'caller' }, null],
    ['GET', '/jobs/7/7.xml', 404, { error: 'Not found' }, null],
    ['GET', '/broken', 500, { error: 'Internal error' }, null],
    ['GET', '/refused', 403, { error: 'No' }, null],
  ])('%s %s is %d', async (method, path, expected, body, allow) => {
    const answer = await ask(method, path);
    expect([answer.status, answer.body, answer.headers.get('allow')]).toEqual([expected, body, allow]);
  });

  test('that fails is an error in the log', async () => {
    await ask('GET', '/broken');
    expect(lines).toEqual(['error: 500 GET /broken N ms: inside of it']);
  });

  test('that is refused is logged with the address of its client', async () => {
    await ask('GET', '/refused');
    await ask('GET', '/forbidden');
    expect(lines).toEqual([
      'info: 403 GET /refused N ms: No, from 203.0.113.7',
      'info: 401 GET /forbidden N ms: refused, from 203.0.113.7',
    ]);
  });

  test('of an unknown path or method has no route, and its path is cut in the log', async () => {
    await ask('GET', `/${'x'.repeat(120)}`);
    await ask('PUT', '/systems/derecho');
    expect(lines[0]).toBe(`info: 404 GET /${'x'.repeat(99)}… N ms: Not found`);
    expect(observed).toMatchObject([{ route: null }, { route: null, method: 'PUT' }]);
  });

  test('without one Host is refused', async () => {
    for (const headers of [{}, { Host: 'a,b' }] as Record<string, string>[]) {
      expect(await ask('GET', '/systems/derecho', headers)).toMatchObject({
        status: 400,
        body: { error: 'Host header is missing or malformed' },
      });
    }
    expect(lines[0]).toBe('info: 400 GET http://localhost/systems/derecho N ms: Host header is missing or malformed');
    expect(observed[0]).toMatchObject({ route: null, status: 400 });
  });

  test('finds nothing without an API', async () => {
    const empty = createDispatcher(
      [],
      { isTls: false, isBehindProxy: false },
      () => undefined,
      () => undefined,
    );
    const answer = await empty(new Request('http://localhost/', { headers: { Host: 'localhost' } }), '');
    expect([answer.status, await answer.json()]).toEqual([404, { error: 'Not found' }]);
  });
});

describe('a page of another origin', () => {
  const from = (origin: string) => ({ Host: 'localhost', Origin: origin });
  const preflight = { 'Access-Control-Request-Method': 'POST' };
  const cors = ({ headers }: Awaited<ReturnType<typeof ask>>) =>
    Object.fromEntries([...headers].filter(([name]) => /^(access-control|vary)/.test(name)));
  const allowed = {
    vary: 'Origin',
    'access-control-allow-origin': 'https://page.example.org',
    'access-control-allow-credentials': 'true',
  };

  test('that is permitted may ask, after a preflight', async () => {
    const asked = await ask('OPTIONS', '/data/ask', { ...from('https://page.example.org'), ...preflight });
    expect([asked.status, cors(asked)]).toEqual([
      204,
      {
        ...allowed,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'Authorization, Content-Type, X-API-Key',
        'access-control-max-age': '600',
      },
    ]);
    const posted = await ask('POST', '/data/ask', from('https://page.example.org'));
    expect([posted.status, cors(posted)]).toEqual([200, allowed]);
  });

  test('that is not permitted may not ask', async () => {
    const posted = await ask('POST', '/data/ask', from('https://evil.example'));
    expect([posted.status, cors(posted)]).toEqual([403, { vary: 'Origin' }]);
  });

  test('may not ask an API without origins, nor without a preflight', async () => {
    expect(
      (await ask('OPTIONS', '/systems/derecho', { ...from('https://page.example.org'), ...preflight })).status,
    ).toBe(405);
    expect((await ask('OPTIONS', '/data/ask', from('https://page.example.org'))).status).toBe(405);
    const posted = await ask('PATCH', '/systems/derecho', from('https://page.example.org'));
    expect([posted.status, cors(posted)]).toEqual([403, {}]);
    const own = await ask('PATCH', '/systems/derecho', from('http://localhost'));
    expect([own.status, cors(own)]).toEqual([200, {}]);
  });
});

describe('a thrown value', () => {
  const busy = { 'Retry-After': '5' };
  test.each<[status: number, message: string, headers: Record<string, string>, error: unknown]>([
    [418, 'Tea', { 'X-Pot': 'a' }, new RequestProblem(418, 'Tea', { 'X-Pot': 'a' })],
    [409, 'Another one', {}, new Conflict('Another one')],
    [400, 'Text must not have the character NUL (U+0000)', {}, new Unstorable()],
    [507, 'The disk of the receiver is full', {}, new Unavailable('full', '/db')],
    [503, 'The database of the receiver is busy', busy, new Unavailable('busy', '/db')],
    [503, 'The database of the receiver does not answer', busy, new Unavailable('unreachable', '/db')],
    [503, 'The database of the receiver was deleted or replaced', {}, new Unavailable('replaced', '/db')],
    [503, 'The database of the receiver cannot be used', {}, new Unavailable('failed', '/db')],
    [500, 'Internal error', {}, new Error('/db')],
    [500, 'Internal error', {}, 'text'],
  ])('is answered with %d %s', async (expected, message, headers, error) => {
    expect(refusalOf(error)).toEqual({ status: expected, message, headers, detail: message });
    const { response, note } = refuseAsSam(error);
    expect([response.status, await response.json()]).toEqual([expected, { error: message }]);
    expect(note).toBe(error instanceof Error ? error.message : 'text');
    for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)).toBe(value);
    const ingest = refuseAsIngest(error);
    expect(ingest.response.status).toBe(error instanceof Unstorable ? 422 : expected);
    expect(await ingest.response.json()).toEqual({ detail: message });
    expect(ingest.note).toBe(note);
  });

  test('may have more words for a client of the ingest API', async () => {
    const detail = [{ loc: ['body'] }];
    const problem = new RequestProblem(422, 'Short', {}, detail);
    expect(problem).toMatchObject({ name: 'RequestProblem', message: 'Short' });
    expect(await refuseAsIngest(problem).response.json()).toEqual({ detail });
    expect(await refuseAsSam(problem).response.json()).toEqual({ error: 'Short' });
  });
});
