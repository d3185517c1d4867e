import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { startForTest, type TestReceiver } from './helper.ts';
import { casperSample, derechoSample, jupyterhubSample, leastTotals, vizTotals } from './samples.ts';

let receiver: TestReceiver;
beforeAll(async () => {
  receiver = await startForTest();
});
afterAll(() => receiver.remove());

const twoIds = [expect.any(Number), expect.any(Number)];

describe('the samples of the guide are stored and answered as by the SAM API', () => {
  test('derecho', async () => {
    const { status, body, headers } = await receiver.post('derecho', derechoSample);
    expect(status).toBe(201);
    expect(headers.get('content-type')).toBe('application/json');
    expect(body).toEqual({
      success: true,
      message: 'Derecho status ingested successfully',
      status_id: expect.any(Number),
      timestamp: '2025-11-25T14:30:00',
      login_node_ids: twoIds,
      queue_ids: twoIds,
      user_project_queue_ids: [],
      filesystem_ids: twoIds,
    });
  });

  test('casper, with its nodes in one', async () => {
    const { status, body } = await receiver.post('casper', casperSample);
    expect(status).toBe(201);
    expect(body).toEqual({
      success: true,
      message: 'Casper status ingested successfully',
      status_id: expect.any(Number),
      timestamp: '2025-11-25T14:30:00',
      login_node_ids: twoIds,
      node_type_ids: twoIds,
      queue_ids: [expect.any(Number)],
      user_project_queue_ids: [],
      filesystem_ids: [],
    });
  });

  test('jupyterhub', async () => {
    const { status, body } = await receiver.post('jupyterhub', jupyterhubSample);
    expect(status).toBe(201);
    expect(body).toEqual({
      success: true,
      message: 'JupyterHub status ingested successfully',
      status_id: expect.any(Number),
      timestamp: '2025-11-25T14:30:00',
    });
  });
});

test.each([
  ['derecho', { ...leastTotals }],
  ['casper', { ...leastTotals, ...vizTotals }],
  ['jupyterhub', { x: 1 }],
  ['a_site-s2', { ...leastTotals }],
  ['constructor', { ...leastTotals }],
])('%s takes the least it may be sent', async (system, least) => {
  const { status, body } = await receiver.post(system, least);
  expect(status).toBe(201);
  expect(body.message).toMatch(/^\w[\w-]* status ingested successfully$/);
});

test('lists that are sent non-empty are answered, others of the optional ones are not', async () => {
  const { body } = await receiver.post('lists', {
    ...leastTotals,
    queue_definitions: [{ queue_name: 'main', enabled: true }, { total_jobs: 4 }],
    reservations: [{ reservation_name: 'R1', start_time: '2026-01-01 00:00:00', end_time: '2026-01-02' }],
    user_project_queues: [{ username: 'ada', project_code: 'P1', queue_name: 'main', running_jobs: 1 }],
  });
  expect(body).toMatchObject({
    queue_definitions_applied: 1,
    reservation_ids: [expect.any(Number)],
    user_project_queue_ids: [expect.any(Number)],
    queue_ids: [],
  });
  const empty = await receiver.post('lists', { ...leastTotals, queue_definitions: [], reservations: null });
  expect(Object.keys(empty.body)).not.toContain('queue_definitions_applied');
  expect(Object.keys(empty.body)).not.toContain('reservation_ids');
});

test('a span goes on while its counters stay, and a late snapshot leaves it alone', async () => {
  const at = (timestamp: string, running_jobs: number) =>
    receiver.post('spans', {
      ...leastTotals,
      timestamp,
      user_project_queues: [{ username: 'ada', project_code: 'P1', queue_name: 'main', running_jobs }],
    });
  const newSpans = [];
  for (const [timestamp, running] of [
    ['2026-03-01T10:00:00', 1],
    ['2026-03-01T10:05:00', 1],
    ['2026-03-01T10:10:00', 2],
    ['2026-03-01T10:07:00', 3],
    ['2026-03-01T10:15:00', 2],
    ['2026-03-01T11:00:00', 2],
  ] as const) {
    newSpans.push(((await at(timestamp, running)).body.user_project_queue_ids as number[]).length);
  }
  expect(newSpans).toEqual([1, 0, 1, 0, 0, 1]);
});

test.each([
  ['2026-03-01T10:00:00.123456', '2026-03-01T10:00:00.123456'],
  ['2026-03-01T10:00:00.250', '2026-03-01T10:00:00.250000'],
  ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00'],
  ['2026-03-01T03:00:00-07:00', '2026-03-01T10:00:00'],
  ['2026-03-01 10:00:00', '2026-03-01T10:00:00'],
])('the timestamp %p is echoed naive as %p', async (timestamp, echoed) => {
  expect((await receiver.post('times', { ...leastTotals, timestamp })).body.timestamp).toBe(echoed);
});

test.each([[null], [''], [[]], [{}], [undefined]])('the timestamp %p is now', async (timestamp) => {
  const { body } = await receiver.post('now', { ...leastTotals, timestamp });
  const age = Date.now() - Date.parse(`${String(body.timestamp).slice(0, 23)}Z`);
  expect(age).toBeWithin(-1, 5000);
});

test('two snapshots with one timestamp and no key are two rows', async () => {
  const body = { ...leastTotals, timestamp: '2026-03-01T10:00:00' };
  const [first, second] = [await receiver.post('twice', body), await receiver.post('twice', body)];
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(first.body.status_id).not.toBe(second.body.status_id);
});

test('ids and creation time in a body mean nothing', async () => {
  const before = receiver.rows('snapshots');
  const first = await receiver.post('ids', { ...leastTotals, running_jobs: 1 });
  const second = await receiver.post('ids', {
    ...leastTotals,
    running_jobs: 2,
    status_id: first.body.status_id,
    outage_id: 1,
    created_at: '1999-01-01',
    received_at: '1999-01-01',
  });
  expect(second.status).toBe(201);
  expect(receiver.rows('snapshots')).toBe(before + 2);
  const latest = (await receiver.get('ids/latest')).body;
  expect(latest).toMatchObject({ status_id: second.body.status_id, running_jobs: 2 });
  expect(latest.received_at).not.toBe('1999-01-01');
  expect(Object.keys(latest)).not.toContain('created_at');
  expect(Object.keys(latest)).not.toContain('outage_id');
});

describe('latest', () => {
  test('is the newest by its own time, not by arrival', async () => {
    for (const [timestamp, running_jobs] of [
      ['2026-03-01T10:00:00', 1],
      ['2026-03-01T10:05:00.5', 2],
      ['2026-03-01T10:05:00', 3],
      ['2026-03-01T04:00:00-06:00', 4],
    ]) {
      expect((await receiver.post('late', { ...leastTotals, timestamp, running_jobs })).status).toBe(201);
    }
    expect((await receiver.get('late/latest')).body.running_jobs).toBe(2);
  });

  test('is the whole snapshot with defaults and what the receiver knows about it', async () => {
    const sent = { ...derechoSample, site_note: 'kept' };
    const stored = await receiver.post('whole', sent, { 'X-Collection-Failed': 'filesystems, login nodes,' });
    const { status, body } = await receiver.get('whole/latest');
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...sent, status_id: stored.body.status_id, held_jobs: 0, reservations: null });
    expect(body.collection_failed).toEqual(['filesystems', 'login nodes']);
    expect(body.received_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$/);
  });

  test('names no failed probes when none failed', async () => {
    await receiver.post('complete', leastTotals);
    expect((await receiver.get('complete/latest')).body.collection_failed).toEqual([]);
  });

  test('keeps any JSON in the nodes of jupyterhub', async () => {
    const nodes = [{ name: 'n1', jobs: [1, null, 'x'] }];
    await receiver.post('jupyterhub', { nodes, timestamp: '2090-01-01' });
    expect((await receiver.get('jupyterhub/latest')).body.nodes).toEqual(nodes);
  });

  test('is 404 in words when there is none', async () => {
    const { status, body } = await receiver.get('nothing/latest');
    expect(status).toBe(404);
    expect(body).toEqual({ error: 'No Nothing status data available' });
  });
});

test('the body is stored as it came, unknown keys too', async () => {
  const { Database } = await import('bun:sqlite');
  const text = `{ "x" : 1, ${JSON.stringify(leastTotals).slice(1)}  `;
  const { body } = await receiver.post('asitcame', text);
  const database = new Database(receiver.path, { readonly: true });
  const row = database
    .query<{ body: Uint8Array; received_from: string }, [number]>(
      'SELECT body, received_from FROM snapshots WHERE id = ?',
    )
    .get(Number(body.status_id));
  database.close();
  expect(new TextDecoder().decode(Bun.zstdDecompressSync(row?.body ?? new Uint8Array()))).toBe(text);
  expect(row?.received_from).toBe('collector');
});
