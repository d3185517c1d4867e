/** What the receiver knows of its collectors, from the header `X-Collector` of their requests. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { addKey } from '../../../src/server/auth/keys.ts';
import { login, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { leastTotals } from '../samples.ts';

const recent = (secondsAgo: number) => new Date(Date.now() - secondsAgo * 1000).toISOString().slice(0, 19);
const from = (waiting: number | null, host = 'login1', version = '0.2.0') => ({
  'X-Collector': `host=${host}; version=${version}${waiting === null ? '' : `; waiting=${waiting}`}`,
});

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeEach(async () => {
    receiver = await startForTest({ engine, ingest: { environmentKeys: ['key-of-the-test'] } });
  });
  afterEach(() => receiver.remove());

  const snapshot = (system: string, secondsAgo: number, headers: Record<string, string>, rest = {}) =>
    receiver.post(system, { ...leastTotals, timestamp: recent(secondsAgo), ...rest }, headers);
  async function collectors(headers: Record<string, string> = login) {
    const answer = await fetch(`${receiver.url}/api/v1/collectors`, { headers });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Record<string, unknown>[];
  }

  test('a collector has its version, its backlog, and each stream with its last delivery', async () => {
    await snapshot('derecho', 600, { ...from(7), 'X-Collection-Failed': 'jobs, nodes' });
    await snapshot('gust', 30, from(6));
    await receiver.post('outage', { system_name: 'casper', title: 'x', severity: 'minor' }, from(5, 'login2', '0.1.0'));
    const [first, second] = await collectors();
    expect(first).toMatchObject({
      host: 'login1',
      version: '0.2.0',
      waiting: 6,
      streams: [
        { kind: 'status', name: 'derecho', failed_probes: ['jobs', 'nodes'], refused: null },
        { kind: 'status', name: 'gust', failed_probes: [], refused: null },
      ],
    });
    const [derecho, gust] = (first?.streams ?? []) as Record<string, unknown>[];
    expect(derecho?.delay).toBeWithin(599, 660);
    expect(gust?.delay).toBeWithin(29, 60);
    expect(first?.last_delivery).toBe(gust?.last_delivery as string);
    expect(second).toMatchObject({
      host: 'login2',
      version: '0.1.0',
      waiting: 5,
      streams: [{ kind: 'outage', name: null, timestamp: null, delay: null }],
    });
  });

  test('a late snapshot counts as a delivery, and does not replace values of the newest one', async () => {
    await snapshot('derecho', 10, { ...from(300), 'X-Collection-Failed': 'jobs' });
    const [before] = await collectors();
    await snapshot('derecho', 86_400, from(299));
    const [after] = await collectors();
    const stream = ({ streams }: Record<string, unknown>) => (streams as Record<string, unknown>[])[0];
    const { last_delivery, ...known } = stream(before ?? {}) ?? {};
    expect(stream(after ?? {})).toMatchObject(known);
    expect(String(stream(after ?? {})?.last_delivery) >= String(last_delivery)).toBe(true);
    expect(after).toMatchObject({ waiting: 299 });
  });

  test('a refused request is listed with its status and reason, also after a delivery', async () => {
    expect((await snapshot('derecho', 5, from(2), { cpu_nodes_total: 'many' })).status).toBe(400);
    const refused = { status: 400, reason: expect.stringContaining('cpu_nodes_total'), at: expect.any(String) };
    const stream = { kind: 'status', name: 'derecho', last_delivery: null, timestamp: null, refused };
    expect(await collectors()).toMatchObject([{ host: 'login1', waiting: 2, last_delivery: null, streams: [stream] }]);
    await snapshot('derecho', 5, from(1));
    expect(await collectors()).toMatchObject([
      { waiting: 1, streams: [{ last_delivery: expect.any(String), refused }] },
    ]);
  });

  test('finished jobs are a stream of their cluster, and their backlog is added', async () => {
    await snapshot('derecho', 5, from(2));
    const body = JSON.stringify({ hostname: 'farm', jobs: [] });
    const headers = { 'X-API-Key': 'key-of-the-test', 'Content-Type': 'application/json', ...from(40) };
    await fetch(`${receiver.url}/api/data/ingest`, { method: 'POST', headers, body });
    await fetch(`${receiver.url}/api/data/ingest`, { method: 'POST', headers, body: '{' });
    expect(await collectors()).toMatchObject([
      {
        waiting: 42,
        streams: [
          { kind: 'jobs', name: null, refused: { status: 422 } },
          { kind: 'jobs', name: 'farm', refused: null },
          { kind: 'status', name: 'derecho' },
        ],
      },
    ]);
  });

  test('a request that is sent again is a delivery, but a request without a login is nothing', async () => {
    const headers = { ...from(3), 'Idempotency-Key': Bun.randomUUIDv7() };
    const body = { ...leastTotals, timestamp: recent(9) };
    await receiver.post('derecho', body, headers);
    await receiver.post('derecho', body, { ...headers, ...from(1) });
    expect(await collectors()).toMatchObject([{ waiting: 1, streams: [{ delay: expect.any(Number) }] }]);
    await receiver.send('POST', 'derecho', { headers: { ...from(9, 'nobody') }, body: JSON.stringify(body) });
    expect(await collectors()).toHaveLength(1);
  });

  test('a collector that was silent for 90 days is forgotten at the next refusal', async () => {
    await snapshot('derecho', 5, from(2, 'retired'));
    await receiver.change("UPDATE collector_streams SET requested_at = '2020-01-01T00:00:00'");
    await snapshot('derecho', 5, from(2), { cpu_nodes_total: 'many' });
    expect(await collectors()).toMatchObject([{ host: 'login1' }]);
  });

  test('a header that cannot be read refuses nothing', async () => {
    const headers = [
      '',
      'host=; version=1',
      'host=a b; version=1',
      `host=${'x'.repeat(256)}; version=1`,
      'host=a; version=1; waiting=-1',
      'host=a; version=1; waiting=99999999999',
      "host=a'; DROP TABLE collector_streams; version=1",
      'version=1; host=a',
    ];
    for (const [index, header] of headers.entries())
      expect((await snapshot('derecho', index, { 'X-Collector': header })).status).toBe(201);
    expect(await collectors()).toEqual([]);
  });

  test('the public gets no hosts, and a client that must not see names of people no reasons', async () => {
    const open = await startForTest({ engine, isBehindProxy: true, isPublic: true });
    await open.post('derecho', { ...leastTotals, cpu_nodes_total: 'many' }, from(2));
    const ask = (headers: Record<string, string>) => fetch(`${open.url}/api/v1/collectors`, { headers });
    const [anybody, writer] = [
      await ask({}),
      await ask({ 'X-API-Key': await addKey(open.database, 'w', ['write:x']) }),
    ];
    expect([anybody.status, writer.status]).toEqual([401, 403]);
    const answer = await ask({ 'X-API-Key': await addKey(open.database, 'r', ['read']) });
    expect(await answer.json()).toMatchObject([
      { host: 'login1', streams: [{ refused: { status: 400, reason: null } }] },
    ]);
    await open.remove();
  });
});
