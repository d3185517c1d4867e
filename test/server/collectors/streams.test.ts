/** What is noted of each request of a collector, and how the collectors are listed. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Account } from '../../../src/server/auth/caller.ts';
import { getCollectors } from '../../../src/server/collectors/list.ts';
import { notingRefusals, streamOf } from '../../../src/server/collectors/streams.ts';
import { RequestProblem } from '../../../src/server/http/problem.ts';
import type { Call } from '../../../src/server/http/routing.ts';
import { type CollectorStream, collectorStreams, noteDelivery } from '../../../src/server/store/collectors.ts';
import { Unavailable, Unstorable } from '../../../src/server/store/errors.ts';
import { openStore } from '../../../src/server/store/open.ts';
import type { Store } from '../../../src/server/store/port.ts';
import { freshDatabasePath } from '../helper.ts';

const { path, remove } = freshDatabasePath();
let store: Store;
beforeAll(async () => {
  store = await openStore(path);
});
afterAll(async () => {
  await store.close();
  remove();
});

const at = (time: string) => `2026-03-01T${time}:00`;
const stream = (host: string, kind: CollectorStream['kind'], name: string, rest: Partial<CollectorStream> = {}) => ({
  ...{ host, kind, name, version: '1.0', waiting: null },
  ...rest,
});
const account: Account = { name: 'u', kind: 'user', scopes: [] };

function call(headers: Record<string, string>, system?: string): Call {
  const url = new URL('http://localhost/');
  const client = { address: '', isLocal: true, origin: url.origin, prefix: '' };
  const parameters = system === undefined ? {} : { system };
  return { request: new Request(url.href, { headers }), url, client, parameters };
}

async function listed(seesNames = true): Promise<unknown> {
  const { response } = await getCollectors(store)(call({}), { account: null, seesNames, shownName: () => null });
  return response.json();
}

test('collectors are listed with all their streams, and the pending entries of each destination once', async () => {
  const deliver = (one: CollectorStream, time: string, snapshot: string | null = null, failed: string | null = null) =>
    store.transaction((writer) =>
      noteDelivery(
        writer,
        one,
        at(time),
        snapshot === null ? null : { timestamp: at(snapshot), collectionFailed: failed },
      ),
    );
  await deliver(stream('b', 'status', 'derecho', { version: '1.1', waiting: 7 }), '10:03', '10:00', 'jobs, nodes');
  await deliver(stream('b', 'outage', '', { version: '1.2', waiting: 5 }), '10:04');
  await deliver(stream('b', 'status', 'ahead', { waiting: 9 }), '10:02', '10:05');
  await deliver(stream('b', 'jobs', 'farm', { waiting: 20 }), '10:01');
  await deliver(stream('b', 'samples', 'farm', { waiting: 300 }), '10:00');
  await deliver(stream('a', 'status', 'gust'), '09:00', '08:59');
  const rest = { timestamp: null, delay: null, failed_probes: [], refused: null };
  expect(await listed()).toEqual([
    {
      ...{ host: 'a', version: '1.0', waiting: null, last_request: at('09:00'), last_delivery: at('09:00') },
      streams: [
        { ...rest, kind: 'status', name: 'gust', last_delivery: at('09:00'), timestamp: at('08:59'), delay: 60 },
      ],
    },
    {
      ...{ host: 'b', version: '1.2', waiting: 325, last_request: at('10:04'), last_delivery: at('10:04') },
      streams: [
        { ...rest, kind: 'jobs', name: 'farm', last_delivery: at('10:01') },
        { ...rest, kind: 'outage', name: null, last_delivery: at('10:04') },
        { ...rest, kind: 'samples', name: 'farm', last_delivery: at('10:00') },
        { ...rest, kind: 'status', name: 'ahead', last_delivery: at('10:02'), timestamp: at('10:05'), delay: 0 },
        {
          ...{ ...rest, kind: 'status', name: 'derecho', last_delivery: at('10:03'), timestamp: at('10:00') },
          ...{ delay: 180, failed_probes: ['jobs', 'nodes'] },
        },
      ],
    },
  ]);
});

test('the stream of a request is that of its collector', () => {
  expect(streamOf(new Headers({ 'X-Collector': 'host=h; version=2; waiting=3' }), 'jobs', 'farm')).toEqual({
    ...{ host: 'h', version: '2', waiting: 3, kind: 'jobs', name: 'farm' },
  });
  expect(streamOf(new Headers(), 'jobs', 'farm')).toBeNull();
});

const collector = (host: string) => ({ 'X-Collector': `host=${host}; version=2; waiting=3` });
/** The refusals of a host: stream, status and reason. */
async function refusals(host: string): Promise<unknown[]> {
  const rows = (await collectorStreams(store)).filter((row) => row.host === host);
  return rows.map(({ kind, name, refused_status, refused_because }) => [kind, name, refused_status, refused_because]);
}

const nul = 'Text must not have the character NUL (U+0000)';
test.each<[kind: CollectorStream['kind'], noted: [status: number, reason: string] | null, error: unknown]>([
  ['status', [400, 'Bad'], new RequestProblem(400, 'Bad')],
  ['status', [499, 'Last'], new RequestProblem(499, 'Last')],
  ['status', null, new RequestProblem(500, 'Broken')],
  ['status', null, new RequestProblem(399, 'Odd')],
  ['status', null, new Error('inside')],
  ['status', [400, nul], new Unstorable()],
  ['jobs', [422, nul], new Unstorable()],
  ['outage', [413, 'x'.repeat(500)], new RequestProblem(413, 'x'.repeat(600))],
])(
  'a refused request of the kind %s is noted as %j, if it is the fault of the collector',
  async (kind, noted, error) => {
    const host = `h${Bun.hash(`${kind} ${String(error)}`)}`;
    const handle = notingRefusals(store, kind, () => Promise.reject(error));
    await expect(handle(call(collector(host), 'derecho'), account)).rejects.toBe(error);
    expect(await refusals(host)).toEqual(noted === null ? [] : [[kind, 'derecho', ...noted]]);
  },
);

test('a request that is answered, or of no collector, is not noted as refused', async () => {
  const answered = { response: new Response() };
  const handle = notingRefusals(store, 'status', () => Promise.resolve(answered));
  expect(await handle(call(collector('fine'), 'derecho'), account)).toBe(answered);
  const refused = notingRefusals(store, 'status', () => Promise.reject(new RequestProblem(400, 'Bad')));
  await expect(refused(call({}, 'derecho'), account)).rejects.toThrow('Bad');
  await expect(refused(call(collector('nameless')), account)).rejects.toThrow('Bad');
  expect([await refusals('fine'), await refusals('nameless')]).toEqual([[], [['status', '', 400, 'Bad']]]);
});

test('a refusal is sent although it cannot be noted, unless the fault is in the statement', async () => {
  const failing = (error: Error): Store => ({ ...store, transaction: () => Promise.reject(error) });
  const ask = (error: Error) =>
    notingRefusals(failing(error), 'status', () => Promise.reject(new RequestProblem(400, 'Bad')))(
      call(collector('full'), 'derecho'),
      account,
    );
  await expect(ask(new Unavailable('full', '/db'))).rejects.toThrow('Bad');
  await expect(ask(new Error('syntax'))).rejects.toThrow('syntax');
});

test('streams without a request for 90 days are deleted at the next refusal', async () => {
  const dayMs = 86_400_000;
  const ago = (ms: number) => new Date(Date.now() - ms).toISOString().slice(0, 19);
  for (const [host, time] of [
    ['retired', ago(90 * dayMs + 60_000)],
    ['quiet', ago(90 * dayMs - 60_000)],
  ] as const) {
    await store.transaction((writer) => noteDelivery(writer, stream(host, 'status', 's'), time, null));
  }
  const refused = notingRefusals(store, 'status', () => Promise.reject(new RequestProblem(400, 'Bad')));
  await expect(refused(call(collector('now'), 's'), account)).rejects.toThrow('Bad');
  const hosts = (await collectorStreams(store)).map(({ host }) => host);
  expect([hosts.includes('retired'), hosts.includes('quiet')]).toEqual([false, true]);
});

test('the reason of a refusal is not shown to a client that must not see names', async () => {
  const refusedOf = async (seesNames: boolean) =>
    ((await listed(seesNames)) as { host: string; streams: { refused: unknown }[] }[]).find(
      ({ host }) => host === 'now',
    )?.streams[0]?.refused;
  expect(await refusedOf(true)).toEqual({ at: expect.any(String), status: 400, reason: 'Bad' });
  expect(await refusedOf(false)).toEqual({ at: expect.any(String), status: 400, reason: null });
});
