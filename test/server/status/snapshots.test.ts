import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { casperSample, derechoSample, jupyterhubSample, leastTotals, vizTotals } from '../samples.ts';

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
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

  test('a span continues while its counters stay equal, and a late snapshot does not change it', async () => {
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
    expect(newSpans).toEqual([1, 0, 1, 1, 0, 1]);
  });

  test.each([
    ['2026-03-01T10:00:00.123456', '2026-03-01T10:00:00.123456'],
    ['2026-03-01T10:00:00.250', '2026-03-01T10:00:00.250000'],
    ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00'],
    ['2026-03-01T03:05:00-07:00', '2026-03-01T10:05:00'],
    ['2026-03-01 10:10:00', '2026-03-01T10:10:00'],
  ])('the timestamp %p is echoed naive as %p', async (timestamp, echoed) => {
    expect((await receiver.post('times', { ...leastTotals, timestamp })).body.timestamp).toBe(echoed);
  });

  test.each([[null], [''], [[]], [{}], [undefined]])('the timestamp %p is now', async (timestamp) => {
    const { body } = await receiver.post('now', { ...leastTotals, timestamp });
    const age = Date.now() - Date.parse(`${String(body.timestamp).slice(0, 23)}Z`);
    expect(age).toBeWithin(-1, 5000);
  });

  describe('a snapshot that is sent again without a key', () => {
    const sent = { ...leastTotals, timestamp: '2026-03-01T10:00:00', queues: [{ queue_name: 'main' }] };
    const count = () => receiver.rows('snapshots');

    test('gets its first answer and is stored once', async () => {
      const first = await receiver.post('twice', sent);
      const before = await count();
      const second = await receiver.post('twice', sent);
      expect(second).toMatchObject({ status: 201, body: first.body });
      expect(await count()).toBe(before);
      expect(receiver.lines.at(-1)).toEndWith('was here before');
    });

    test('with a key, or with another key, is the same snapshot', async () => {
      const first = await receiver.post('keys', sent);
      const before = await count();
      for (const key of ['one', 'two', 'one']) {
        expect((await receiver.post('keys', sent, { 'Idempotency-Key': key })).body).toEqual(first.body);
      }
      expect(await count()).toBe(before);
    });

    test('with another body is 409, and changes nothing', async () => {
      await receiver.post('differs', sent);
      const before = await count();
      const { status, body } = await receiver.post('differs', { ...sent, running_jobs: 7 });
      expect({ status, body }).toEqual({
        status: 409,
        body: { error: 'Differs has another snapshot with the timestamp 2026-03-01T10:00:00' },
      });
      expect(await count()).toBe(before);
      expect((await receiver.get('differs/latest')).body.running_jobs).toBe(0);
    });

    test('is another snapshot if it belongs to another system, or has no timestamp', async () => {
      const before = await count();
      const { timestamp: _, ...withoutTime } = sent;
      for (const system of ['one-of-two', 'two-of-two']) expect((await receiver.post(system, sent)).status).toBe(201);
      for (let post = 0; post < 2; post++) await receiver.post('one-of-two', withoutTime);
      expect(await count()).toBe(before + 4);
    });

    test('20 times at once is stored once', async () => {
      const before = await count();
      const posts = Array.from({ length: 20 }, () => receiver.post('parallel', sent));
      const ids = (await Promise.all(posts)).map(({ body }) => body.status_id);
      expect(new Set(ids).size).toBe(1);
      expect(await count()).toBe(before + 1);
    });

    test('gets an answer with its id if an older version stored it without the answer', async () => {
      const first = await receiver.post('upgraded', sent);
      await receiver.change("UPDATE snapshots SET answer = NULL WHERE system = 'upgraded'");
      const { success, message, status_id, timestamp } = first.body;
      expect((await receiver.post('upgraded', sent)).body).toEqual({ success, message, status_id, timestamp });
    });
  });

  describe('a timestamp in the future', () => {
    const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

    test.each([
      ['clocks', 'timestamp', { ...leastTotals }],
      ['hub-clocks', 'timestamp', { available: true }],
      ['outage', 'outage_reported_at', { system_name: 'clocks', title: 'x', severity: 'minor', outage_key: 'future' }],
    ])('POST %s: %s is refused from 5 minutes on', async (path, field, body) => {
      const { status, body: answer } = await receiver.post(path, { ...body, [field]: inMinutes(6) });
      expect({ status, answer }).toEqual({
        status: 400,
        answer: {
          error: `${field}: is more than 5 minutes in the future; check the clocks of the sender and of this host`,
        },
      });
      expect((await receiver.post(path, { ...body, [field]: inMinutes(4) })).status).toBe(201);
    });

    test('may belong to a reservation or a planned outage', async () => {
      const outage = {
        system_name: 'clocks',
        title: 'Maintenance',
        severity: 'maintenance',
        start_time: inMinutes(9999),
      };
      expect((await receiver.post('outage', outage)).status).toBe(201);
    });
  });

  describe('the body decides what a snapshot describes', () => {
    const hub = { ...jupyterhubSample, timestamp: '2026-03-01T10:00:00' };

    test('a hub of any name', async () => {
      const { status, body } = await receiver.post('hub2', hub);
      expect({ status, body }).toEqual({
        status: 201,
        body: {
          success: true,
          message: 'Hub2 status ingested successfully',
          status_id: expect.any(Number),
          timestamp: '2026-03-01T10:00:00',
        },
      });
      expect((await receiver.get('hub2/latest')).body).toMatchObject({ ...jupyterhubSample, timestamp: hub.timestamp });
      expect((await receiver.post('hub2', { available: null })).body).toEqual({ error: 'available: must not be null' });
    });

    test('a hub with fields that a batch system has too', async () => {
      const both = {
        ...hub,
        timestamp: '2026-03-01T11:00:00',
        memory_total_gb: 64,
        memory_utilization_percent: 25,
        cpu_utilization_percent: 50,
      };
      expect((await receiver.post('hub2', both)).status).toBe(201);
      expect((await receiver.post('jupyterhub', both)).status).toBe(201);
    });

    test('a batch system with the name of a hub', async () => {
      const { status, body } = await receiver.post('jupyterhub', {
        ...leastTotals,
        timestamp: '2026-03-01T10:00:00',
        queues: [{ queue_name: 'main' }],
      });
      expect(status).toBe(201);
      expect(body.queue_ids).toHaveLength(1);
      const { gpu_count_idle: _, ...incomplete } = leastTotals;
      expect((await receiver.post('jupyterhub', incomplete)).body).toEqual({
        error: 'Missing required fields: gpu_count_idle',
      });
    });

    test('a body that describes neither is a hub only if the SAM API accepts any body', async () => {
      expect((await receiver.post('jupyterhub', { x: 1 })).status).toBe(201);
      expect((await receiver.post('hub3', { x: 1 })).status).toBe(400);
    });

    test('the nodes of any system may be in one total, as in the sample of the guide', async () => {
      expect((await receiver.post('guided', casperSample)).status).toBe(201);
    });

    test('node types are kept for any system', async () => {
      const node_types = [{ node_type: 'bigmem', nodes_total: 4, nodes_available: 1, memory_utilization_percent: 50 }];
      const { body } = await receiver.post('typed', { ...leastTotals, node_types });
      expect(body.node_type_ids).toHaveLength(1);
      expect((await receiver.get('typed/latest')).body.node_types).toMatchObject([
        { ...node_types[0], nodes_down: 0, system_name: 'typed' },
      ]);
      const refused = await receiver.post('typed', { ...leastTotals, node_types: [{ node_type: 'bigmem' }] });
      expect(refused.body.error).toStartWith('Missing required fields: node_types[0].nodes_total');
      expect((await receiver.post('typed', { ...leastTotals, node_types: null })).status).toBe(201);
    });
  });

  test('ids and creation time in a body mean nothing', async () => {
    const before = await receiver.rows('snapshots');
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
    expect(await receiver.rows('snapshots')).toBe(before + 2);
    const latest = (await receiver.get('ids/latest')).body;
    expect(latest).toMatchObject({ status_id: second.body.status_id, running_jobs: 2 });
    expect(latest.received_at).not.toBe('1999-01-01');
    expect(latest.created_at).toBe(latest.received_at as string);
    expect(Object.keys(latest)).not.toContain('outage_id');
  });

  describe('latest', () => {
    test('is the newest by its own time, not by arrival', async () => {
      for (const [timestamp, running_jobs] of [
        ['2026-03-01T10:00:00', 1],
        ['2026-03-01T10:05:00.5', 2],
        ['2026-03-01T10:05:00', 3],
        ['2026-03-01T03:58:00-06:00', 4],
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

    test('has the members that the SAM API adds to the entries of its lists', async () => {
      const user = { username: 'ada', project_code: 'P1', queue_name: 'main' };
      const at = (timestamp: string, running_jobs: number) =>
        receiver.post('nested', {
          ...leastTotals,
          timestamp,
          login_nodes: [{ node_name: 'n1' }],
          queues: [{ queue_name: 'main' }],
          filesystems: [{ filesystem_name: '/scratch' }],
          node_types: [{ node_type: 'cpu', nodes_total: 1, nodes_available: 1 }],
          user_project_queues: [
            { ...user, running_jobs: 1 },
            { ...user, username: 'bob', running_jobs },
          ],
        });
      await at('2026-03-01T10:00:00', 1);
      const { created_at: firstReceived } = (await receiver.get('nested/latest')).body;
      await at('2026-03-01T10:05:00', 2);
      const { body } = await receiver.get('nested/latest');
      expect(body.created_at).toBe(body.received_at as string);
      const origin = { timestamp: '2026-03-01T10:05:00', created_at: body.created_at, system_name: 'nested' };
      expect(body).toMatchObject({
        login_nodes: [{ node_name: 'n1', ...origin }],
        queues: [{ queue_name: 'main', ...origin }],
        filesystems: [{ filesystem_name: '/scratch', ...origin }],
        node_types: [{ node_type: 'cpu', memory_utilization_percent: null, ...origin }],
        user_project_queues: [
          {
            username: 'ada',
            ...origin,
            timestamp: '2026-03-01T10:00:00',
            created_at: firstReceived,
            last_seen: origin.timestamp,
          },
          { username: 'bob', ...origin, last_seen: origin.timestamp },
        ],
      });
    });

    test('names no failed probes when none failed', async () => {
      await receiver.post('complete', leastTotals);
      expect((await receiver.get('complete/latest')).body.collection_failed).toEqual([]);
    });

    test('keeps any JSON in the nodes of jupyterhub', async () => {
      const nodes = [{ name: 'n1', jobs: [1, null, 'x'] }];
      await receiver.post('jupyterhub', { nodes });
      expect((await receiver.get('jupyterhub/latest')).body.nodes).toEqual(nodes);
    });

    test('is 404 with a clear message if there is none', async () => {
      const { status, body } = await receiver.get('nothing/latest');
      expect(status).toBe(404);
      expect(body).toEqual({ message: 'No Nothing status data available' });
    });
  });

  test('the body is stored unchanged, with unknown keys', async () => {
    const text = `{ "x" : 1, ${JSON.stringify(leastTotals).slice(1)}  `;
    const { body } = await receiver.post('asitcame', text);
    const [row] = await receiver.all<{ body: Uint8Array; received_from: string }>(
      'SELECT body, received_from FROM snapshots WHERE id = $1',
      Number(body.status_id),
    );
    expect(new TextDecoder().decode(Bun.zstdDecompressSync(row?.body ?? new Uint8Array()))).toBe(text);
    expect(row?.received_from).toBe('collector');
  });
});
