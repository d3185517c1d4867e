/** The handlers of the status API: headers, notes for the log, and what they take from a request. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Account, ReadingClient } from '../../../src/server/auth/caller.ts';
import type { Answered } from '../../../src/server/http/answer.ts';
import { RequestProblem } from '../../../src/server/http/problem.ts';
import type { Call } from '../../../src/server/http/routing.ts';
import * as api from '../../../src/server/status/api.ts';
import type { Store } from '../../../src/server/store/port.ts';
import type { Json } from '../helper.ts';
import { leastTotals } from '../samples.ts';
import { openStatusStore, type StatusStore } from './stored.ts';

let status: StatusStore;
let store: Store;
beforeAll(async () => {
  status = await openStatusStore();
  store = status.store;
});
afterAll(() => status.close());

const account: Account = { name: 'sender', kind: 'key', scopes: [] };
const reader: ReadingClient = { account: null, seesNames: true, shownName: (name) => `user-${name}` };
const limits = { maxBytes: 10_000, idleSeconds: 30, totalSeconds: 30 };

function call(
  path: string,
  parameters: Record<string, string>,
  body?: unknown,
  more: Record<string, string> = {},
): Call {
  const url = new URL(`http://localhost/${path}`);
  const client = { address: '', isLocal: true, origin: url.origin, prefix: '' };
  const headers = { 'Content-Type': 'application/json', ...more };
  const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  return { request: new Request(url.href, init), url, client, parameters };
}

/** The status, the body and the note of an answer, or the status and words of a refusal. */
async function outcome(asked: Promise<Answered>): Promise<unknown[]> {
  try {
    const { response, note } = await asked;
    return [response.status, await response.json(), ...(note === undefined ? [] : [note])];
  } catch (error) {
    if (!(error instanceof RequestProblem)) throw error;
    return [error.status, error.message];
  }
}
const recent = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000).toISOString();

describe('a snapshot', () => {
  const post = (system: string, body: Json, headers: Record<string, string> = {}) =>
    api.postSnapshot(store, limits)(call(`s/${system}`, { system }, body, headers), account);
  const body = { ...leastTotals, timestamp: '2026-03-01T10:00:00' };
  const note = `sender, ${JSON.stringify(body).length} bytes`;

  test('is answered with the order of snapshots, and noted with its size', async () => {
    const failed = { 'X-Collection-Failed': ' jobs, nodes ' };
    const answered = await post('one', body, failed);
    expect(answered.response.headers.get('x-snapshot-order')).toBe('any');
    expect(await outcome(Promise.resolve(answered))).toEqual([201, expect.any(Object), note]);
    expect(await outcome(post('one', body, failed))).toEqual([201, expect.any(Object), `${note}, was here before`]);
    const rows = await store.all('SELECT system, received_from, collection_failed FROM snapshots');
    expect(rows).toEqual([{ system: 'one', received_from: 'sender', collection_failed: 'jobs, nodes' }]);
    await post('blank', body, { 'X-Collection-Failed': '  ' });
    const [blank] = await store.all<Json>("SELECT collection_failed FROM snapshots WHERE system = 'blank'");
    expect(blank?.collection_failed).toBeNull();
  });

  test('belongs to the stream of its collector and system, also if it is refused', async () => {
    const headers = { 'X-Collector': 'host=h; version=1; waiting=4' };
    await post('streamed', { ...body, timestamp: '2026-03-01T10:05:00' }, headers);
    expect(await outcome(post('refused', { x: 1 }, headers))).toMatchObject([400, expect.stringMatching(/^Missing/)]);
    await outcome(
      api.postOutage(store, limits)(
        call('s/outage', {}, { system_name: 's', title: 't', severity: 'minor' }, headers),
        account,
      ),
    );
    await outcome(api.postOutage(store, limits)(call('s/outage', {}, { title: 't' }, headers), account));
    const rows = await store.all('SELECT kind, name, refused_status FROM collector_streams ORDER BY kind, name');
    expect(rows).toEqual([
      { kind: 'outage', name: '', refused_status: 400 },
      { kind: 'status', name: 'refused', refused_status: 400 },
      { kind: 'status', name: 'streamed', refused_status: null },
    ]);
  });

  test('with a used Idempotency-Key is the one before', async () => {
    const headers = { 'Idempotency-Key': 'key' };
    const [, first] = await outcome(post('keyed', { ...leastTotals }, headers));
    expect((await outcome(post('keyed', { ...leastTotals }, headers)))[1]).toEqual(first);
    await expect(post('other', { ...leastTotals }, headers)).rejects.toThrow('with another body or path');
  });

  test('is shown, or that there is none', async () => {
    const latest = (system: string) => outcome(api.getLatest(store)(call('', { system }), reader));
    expect(await latest('one')).toMatchObject([200, { timestamp: '2026-03-01T10:00:00', cpu_cores_total: 1280 }]);
    const message = 'No None status data available';
    expect(await latest('none')).toEqual([404, { message }, message]);
  });
});

describe('an outage', () => {
  const report = { system_name: 'Gust', title: 'Down', severity: 'minor', start_time: '2026-03-01T10:00:00' };
  const post = (body: Json) => outcome(api.postOutage(store, limits)(call('s/outage', {}, body), account));
  const change = (outage: string, body: unknown) =>
    outcome(api.changeOutage(store, limits)(call('', { outage }, body), account));

  test('is stored, changed, shown and deleted, each with the name of the sender', async () => {
    const [created, answer, note] = await post({ ...report, outage_key: 'k' });
    const { outage_id: id } = answer as Json;
    expect([created, answer, note]).toEqual([
      201,
      {
        ...{ success: true, message: 'Outage reported successfully', outage_id: id },
        ...{ system_name: 'Gust', severity: 'minor', outage_key: 'k' },
      },
      `sender, ${JSON.stringify({ ...report, outage_key: 'k' }).length} bytes`,
    ]);
    const outage = String(id);
    expect(await change(outage, [1])).toEqual([400, 'JSON body must be an object']);
    expect(await change(outage, { status: 'monitoring' })).toEqual([
      200,
      { success: true, outage_id: id, status: 'monitoring' },
      'sender',
    ]);
    expect(await outcome(api.getOutage(store)(call('', { outage }), reader))).toMatchObject([
      200,
      { outage_id: id, status: 'monitoring', updates: [{ by: 'user-sender' }, { by: 'user-sender' }] },
    ]);
    const listed = async (query: string) => outcome(api.getOutages(store)(call(`?${query}`, {})));
    expect(await listed('system_name=gust')).toMatchObject([200, [{ outage_id: id }]]);
    expect(await outcome(api.getOutagesPage(store)(call(`?id=${outage}`, {}), reader))).toMatchObject([
      ...[200, { chosen: { outage_id: id } }],
    ]);
    expect(await outcome(api.deleteOutage(store)(call('', { outage }), account))).toEqual([
      200,
      { success: true },
      'sender',
    ]);
    expect(await listed('system_name=gust')).toEqual([200, []]);
  });

  test('is not stored with a field that is required and empty', async () => {
    for (const field of ['system_name', 'title', 'severity']) {
      for (const value of ['', null]) {
        expect(await post({ ...report, [field]: value })).toEqual([400, `Missing required fields: ${field}`]);
      }
    }
    expect((await post({ ...report, component: '', description: null }))[0]).toBe(201);
  });
});

test('what is now is shown whole', async () => {
  await status.snapshot('now', recent(1).slice(0, 19), {
    queues: [{ queue_name: 'q', pending_jobs: 3 }],
    user_project_queues: [
      { username: 'ada', project_code: 'P1', queue_name: 'q', running_jobs: 2, cores_allocated: 8 },
    ],
    reservations: [{ reservation_name: 'R', start_time: '2998-01-01', end_time: '2999-01-01' }],
  });
  await status.outage(recent(1).slice(0, 19), { system_name: 'now', title: 'O', severity: 'minor' });
  const at = (parameters: Record<string, string>, query = '') => call(`?${query}`, parameters);
  const [found, named] = [{ system: 'now' }, { system: 'now', name: 'q' }];
  const outages = [{ title: 'O' }];
  const asked = 'step=1h&include=outages';
  expect(await outcome(api.getSystems(store)())).toMatchObject([
    200,
    expect.arrayContaining([expect.objectContaining({ name: 'now' })]),
  ]);
  expect(await outcome(api.getOverview(store)())).toMatchObject([
    ...[200, { outages: expect.arrayContaining([expect.objectContaining({ title: 'O' })]) }],
  ]);
  expect(await outcome(api.getSystemPage(store)(at(found, 'by=user'), reader))).toMatchObject([
    ...[200, { system: { name: 'now' }, users: { group_by: 'user', series: [{ name: 'user-ada' }] } }],
  ]);
  expect(await outcome(api.getEventsPage(store)())).toMatchObject([200, { reservations: [{ reservation_name: 'R' }] }]);
  expect(await outcome(api.getHistory(store, 'totals')(at(found, asked)))).toMatchObject([
    ...[200, { system: 'now', kind: 'system', name: null, step: 3600, outages }],
  ]);
  expect(await outcome(api.getHistory(store, 'queue')(at(named, asked)))).toMatchObject([
    ...[200, { kind: 'queue', name: 'q', outages }],
  ]);
  expect(await outcome(api.getStates(store)(at(found, 'step=2d')))).toMatchObject([
    200,
    { system: 'now', step: 172_800 },
  ]);
  expect(await outcome(api.getUserHistory(store, 'project')(at(found, asked), reader))).toMatchObject([
    ...[200, { group_by: 'project', series: [{ name: 'P1' }], outages }],
  ]);
  const one = { system: 'now', name: 'user-ada' };
  expect(await outcome(api.getOneUserHistory(store, 'user')(at(one, asked), reader))).toMatchObject([
    ...[200, { kind: 'user', name: 'user-ada', outages }],
  ]);
  expect(await outcome(api.getReservations(store)(at({}, 'system_name=now')))).toMatchObject([
    ...[200, [{ reservation_name: 'R' }]],
  ]);
  expect(await outcome(api.getReservationHistory(store)(at({ system: 'now', name: 'R' })))).toMatchObject([
    ...[200, { system: 'now', name: 'R' }],
  ]);
});
