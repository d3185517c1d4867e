/** What no client may achieve: an error of the receiver, the text of a statement, or markup that a browser runs. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { expositionNumbers } from '../support/exposition.ts';
import { type Json, login, overEngines, raw, startForTest, type TestReceiver } from './helper.ts';
import { derechoSample } from './samples.ts';

const script = '<script>alert(1)</script>';
const tricks = [
  ...[
    "' OR 1=1 --",
    '"; DROP TABLE snapshots; --',
    '\\',
    '%00',
    '../../etc/passwd',
    '..%2f..%2fetc',
    script,
    '{{7*7}}',
  ],
  ...['\u202e', 'é', '💥', 'null', 'constructor', '__proto__', '-1', '1e309', '9'.repeat(400), '$1', '?1', '%', '_'],
];
const word = fc.oneof(
  fc.constantFrom(...tricks),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 5 }),
);

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
    const user = { username: 'ada', project_code: 'P1', queue_name: 'main', running_jobs: 1, cores_allocated: 5 };
    await receiver.post('derecho', { ...derechoSample, timestamp: '', user_project_queues: [user] });
    await receiver.post('outage', { system_name: 'derecho', title: 'x', severity: 'minor' });
  });
  afterAll(() => receiver.remove());

  /** Fails if an answer is an error of the receiver, is no JSON, or has words of the database. */
  async function expectHarmless(response: Response, statuses: readonly number[]) {
    const text = await response.text();
    expect({ url: response.url, text, isExpected: statuses.includes(response.status) }).toMatchObject({
      isExpected: true,
    });
    expect(response.headers.get('content-type')).toMatch(/json/);
    JSON.parse(text);
    expect(text).not.toMatch(/SELECT|INSERT|sqlite|postgres|syntax error|\.ts:|node_modules|\/tmp\//i);
  }

  const pages: readonly (readonly [string, readonly string[]])[] = [
    ['status/derecho/history', ['from', 'to', 'step', 'fields']],
    ['status/derecho/queues/main/history', ['from', 'to', 'step', 'fields']],
    ['status/derecho/states', ['from', 'to', 'step']],
    ['status/derecho/users', ['from', 'to', 'step', 'state', 'metric', 'rank', 'top', 'queue']],
    ['status/derecho/projects', ['from', 'state', 'metric', 'queue']],
    ['status/outages', ['system_name', 'status', 'include_resolved']],
    ['status/reservations', ['system_name', 'upcoming_only']],
    ['systems', ['x']],
  ];

  test('any query string is answered with 200 or 400', async () => {
    const time = fc.constantFrom('2026-03-01', '0001-01-01', '9999-12-31T23:59:59.999999', new Date().toISOString());
    const value = fc.oneof(word, time, fc.constantFrom('1h', '1d', '300', '7d', 'running', 'peak', 'cores', '5'));
    const asked = fc.constantFrom(...pages).chain(([path, names]) =>
      fc.record({
        path: fc.constant(path),
        query: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), word), value), { maxLength: 4 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(asked, async ({ path, query }) => {
        const search = new URLSearchParams();
        for (const [name, text] of query) search.append(name.toWellFormed(), text.toWellFormed());
        const response = await fetch(`${receiver.url}/api/v1/${path}?${search}`, { headers: login });
        await expectHarmless(response, [200, 400]);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  test('any name in a path is answered with 200 or 404', async () => {
    const path = fc.oneof(
      word.map((name) => `status/derecho/queues/${encodeURIComponent(name.toWellFormed())}/history`),
      // The name `.` or `..` would make another path.
      word
        .filter((name) => !/^\.{1,2}$/.test(name))
        .map((name) => `status/${encodeURIComponent(name.toWellFormed())}/latest`),
      word.map((name) => `status/outages/${encodeURIComponent(name.toWellFormed())}`),
      fc.constantFrom(
        'status/derecho/queues/%ff/history',
        'status/../systems',
        'status//derecho/latest',
        'status/%2e%2e',
      ),
    );
    await fc.assert(
      fc.asyncProperty(path, async (one) => {
        const response = await fetch(`${receiver.url}/api/v1/${one}`, { headers: login });
        await expectHarmless(response, [200, 404]);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  test('any header is answered, and stored as text at most', async () => {
    const name = fc.constantFrom(
      ...['Authorization', 'X-API-Key', 'Content-Type', 'Idempotency-Key', 'X-Collection-Failed', 'Origin', 'Cookie'],
      ...['X-Forwarded-For', 'X-Forwarded-Proto', 'Forwarded', 'Accept', 'Content-Encoding', 'Range', 'If-None-Match'],
    );
    // Other bytes cannot be sent by fetch.
    const value = word.map((text) => text.replace(/[^\x20-\x7e]/g, '').trim()).filter((text) => text !== '');
    await fc.assert(
      fc.asyncProperty(name, value, fc.constantFrom('GET', 'POST'), async (header, text, method) => {
        const path = method === 'GET' ? 'status/derecho/latest' : 'status/headers';
        const body = method === 'GET' ? {} : { body: JSON.stringify({ ...derechoSample, timestamp: '' }) };
        const headers = { ...login, 'Content-Type': 'application/json', [header]: text };
        const response = await fetch(`${receiver.url}/api/v1/${path}`, { method, headers, ...body });
        await expectHarmless(response, [200, 201, 400, 401, 403, 409, 415, 429]);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  test('requests that are not HTTP do not end the receiver', async () => {
    const parts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('GET / HTTP/1.1\r\n', '\r\n\r\n')));
    await fc.assert(
      fc.asyncProperty(parts, async (text) => {
        await raw(receiver.url, `${text.join('')}\r\n\r\nX`, () => true).then(undefined, () => '');
      }),
      { numRuns: 10, interruptAfterTimeLimit: 5000 },
    );
    expect((await receiver.get('derecho/latest')).status).toBe(200);
  }, 30_000);

  test('a script in any text comes back as JSON text, and in metrics as a label', async () => {
    const texts = {
      login_nodes: [{ node_name: script }],
      queues: [{ queue_name: `"}\n${script.slice(0, 20)}` }],
      filesystems: [{ filesystem_name: script }],
      node_types: [{ node_type: script, nodes_total: 1, nodes_available: 1, gpu_model: script }],
      user_project_queues: [{ username: script, project_code: '<b>1</b>', queue_name: script, cores_allocated: 1 }],
      reservations: [
        { reservation_name: script, description: script, start_time: '2998-01-01', end_time: '2999-01-01' },
      ],
      note: script,
    };
    const sent = { ...derechoSample, ...texts, timestamp: new Date().toISOString() };
    expect(await receiver.post('script', sent, { 'X-Collection-Failed': script })).toMatchObject({ status: 201 });
    const outage = await receiver.post('outage', {
      system_name: 'script',
      title: script,
      severity: 'minor',
      component: script,
    });
    const name = encodeURIComponent(script);
    for (const path of [
      ...['script/latest', `script/filesystems/${name}/history`, 'script/users', 'script/projects', 'outages'],
      ...['reservations', `outages/${outage.body.outage_id}`, 'script/history'],
    ]) {
      const { status, headers, body } = await receiver.get(path);
      expect({ path, status, type: headers.get('content-type') }).toEqual({
        path,
        status: 200,
        type: 'application/json',
      });
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      if (path !== 'script/projects') expect(JSON.stringify(body)).toContain(script);
    }
    const metrics = await (await fetch(`${receiver.url}/metrics`, { headers: login })).text();
    expect(expositionNumbers(metrics).get(`hpc_login_node_available{system="script",login_node="${script}"}`)).toBe(1);
    const { body: systems } = await receiver.send('GET', '../systems', { headers: login });
    const found = (systems as unknown as Json[]).find((system) => system.name === 'script');
    expect(found?.reasons).toEqual([`minor: ${script}`]);
  });
});
