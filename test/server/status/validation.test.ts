import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { casperSample, derechoSample, jupyterhubSample, leastTotals, outageSample, vizTotals } from '../samples.ts';

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
  });
  afterAll(() => receiver.remove());

  /** A body of derecho with one more field. */
  const withField = (field: string, value: unknown) => ({ ...leastTotals, [field]: value });

  describe('a missing required field is named', () => {
    test.each(Object.keys(leastTotals))('derecho without %s', async (field) => {
      const { [field]: _, ...rest } = leastTotals as Record<string, number>;
      const { status, body } = await receiver.post('derecho', rest);
      expect(status).toBe(400);
      expect(body).toEqual({ error: `Missing required fields: ${field}` });
    });

    test.each([...Object.keys(leastTotals), ...Object.keys(vizTotals)])('casper without %s', async (field) => {
      const { [field]: _, ...rest } = { ...leastTotals, ...vizTotals } as Record<string, number>;
      expect((await receiver.post('casper', rest)).body).toEqual({ error: `Missing required fields: ${field}` });
    });

    test.each(['compute_nodes_total', 'compute_nodes_available'])(
      'casper as in the guide without %s',
      async (field) => {
        const { [field]: _, ...rest } = casperSample as Record<string, unknown>;
        const { status, body } = await receiver.post('casper', rest);
        expect(status).toBe(400);
        expect(body.error).toStartWith('Missing required fields: cpu_nodes_total, cpu_nodes_available, ');
      },
    );

    test.each([
      [{ system_name: 'derecho', title: '' }, 'Missing required fields: title, severity'],
      [{ title: 'x', severity: null }, 'Missing required fields: system_name, severity'],
    ])('outage %p', async (sent, error) => {
      expect((await receiver.post('outage', sent)).body).toEqual({ error });
    });

    test.each([
      ['login_nodes', {}, 'login_nodes[0].node_name'],
      ['queues', {}, 'queues[0].queue_name'],
      ['filesystems', {}, 'filesystems[0].filesystem_name'],
      [
        'user_project_queues',
        {},
        'user_project_queues[0].username, user_project_queues[0].project_code, user_project_queues[0].queue_name',
      ],
      ['reservations', { reservation_name: 'R' }, 'reservations[0].start_time, reservations[0].end_time'],
    ])('in an entry of %s', async (list, entry, missing) => {
      const { status, body } = await receiver.post('derecho', withField(list, [entry]));
      expect(status).toBe(400);
      expect(body.error).toBe(`Missing required fields: ${missing}`);
    });
  });

  test('all problems are named in one line, missing members first', async () => {
    const { cpu_nodes_total: _, gpu_count_idle: __, ...rest } = leastTotals;
    const { body } = await receiver.post('derecho', {
      running_jobs: -3,
      ...rest,
      cpu_utilization_percent: 250,
      queues: [{ queue_name: 'main', held_jobs: 'many' }],
    });
    expect(body.error).toBe(
      'Missing required fields: cpu_nodes_total, gpu_count_idle; cpu_utilization_percent: must be from 0 to 100; ' +
        'running_jobs: must not be negative; queues[0].held_jobs: must be a whole number',
    );
  });

  const name33 = 'n'.repeat(33);
  const queue = (more: object) => [{ queue_name: 'main', ...more }];
  const rows = (more: object) => [{ username: 'ada', project_code: 'P1', queue_name: 'main', ...more }];
  const span = { start_time: '2026-01-01', end_time: '2026-01-02' };

  test.each([
    // Ranges
    ['cpu_nodes_total', -1, 'must not be negative'],
    ['cpu_nodes_down', -0.5, 'must not be negative'],
    ['active_users', 2 ** 31, 'must be at most 2147483647'],
    ['memory_total_gb', -0.1, 'must not be negative'],
    ['gpu_utilization_percent', -0.1, 'must be from 0 to 100'],
    ['memory_utilization_percent', 100.1, 'must be from 0 to 100'],
    ['queues', queue({ gpus_held: -1 }), 'must not be negative'],
    ['filesystems', [{ filesystem_name: 'f', inodes_utilization_percent: 101 }], 'must be from 0 to 100'],
    ['filesystems', [{ filesystem_name: 'f', used_tb: -1 }], 'must not be negative'],
    ['login_nodes', [{ node_name: 'n', load_1min: -1 }], 'must not be negative'],
    // Null where it is not allowed
    ['cpu_nodes_total', null, 'must not be null'],
    ['held_jobs', null, 'must not be null'],
    ['login_nodes', null, 'must not be null'],
    ['queues', null, 'must not be null'],
    ['filesystems', null, 'must not be null'],
    ['user_project_queues', null, 'must not be null'],
    ['login_nodes', [{ node_name: 'n', node_type: null }], 'must not be null'],
    ['login_nodes', [{ node_name: 'n', degraded: null }], 'must not be null'],
    ['queues', queue({ active_users: null }), 'must not be null'],
    ['user_project_queues', rows({ cores_pending: null }), 'must not be null'],
    // Types
    ['cpu_nodes_total', true, 'must be a whole number'],
    ['cpu_nodes_total', '12.7', 'must be a whole number'],
    ['cpu_nodes_total', [], 'must be a whole number'],
    ['memory_total_gb', 'much', 'must be a number'],
    ['login_nodes', {}, 'must be a list'],
    ['login_nodes', ['derecho1'], 'must be an object'],
    ['login_nodes', [{ node_name: 'n', available: 2 }], 'must be true or false'],
    ['login_nodes', [{ node_name: 'n', node_type: 'bogus' }], 'must be cpu, gpu or data-access'],
    ['login_nodes', [{ node_name: 5 }], 'must be text'],
    ['queue_definitions', ['main'], 'must be an object'],
    // Lengths and characters
    ['login_nodes', [{ node_name: name33 }], 'at most 32 characters'],
    ['queues', [{ queue_name: name33 }], 'at most 32 characters'],
    ['queues', [{ queue_name: '' }], 'must not be empty'],
    ['queues', [{ queue_name: 'a\u0000b' }], 'NUL'],
    ['queues', [{ queue_name: 'a\ud800' }], 'well-formed'],
    ['filesystems', [{ filesystem_name: name33 }], 'at most 32 characters'],
    ['user_project_queues', rows({ username: name33 }), 'at most 32 characters'],
    ['user_project_queues', rows({ project_code: 'p'.repeat(17) }), 'at most 16 characters'],
    ['queue_definitions', [{ queue_name: 'main', queue_type: 't'.repeat(17) }], 'at most 16 characters'],
    ['reservations', [{ reservation_name: 'r'.repeat(129), ...span }], 'at most 128 characters'],
    ['reservations', [{ reservation_name: 'R', ...span, partition: 'p'.repeat(65) }], 'at most 64 characters'],
    ['reservations', [{ reservation_name: 'R', start_time: 'soon', end_time: '2026-01-02' }], 'ISO 8601'],
    // Names that a list has twice
    ['queues', [...queue({}), ...queue({})], '"main" is there twice'],
    ['filesystems', [{ filesystem_name: 'f' }, { filesystem_name: 'f' }], '"f" is there twice'],
    ['user_project_queues', [...rows({}), ...rows({ held_jobs: 1 })], '"ada P1 main" is there twice'],
    // Times
    ['timestamp', 1772359200, 'must be an ISO 8601 time as text'],
    ['timestamp', 0, 'must be an ISO 8601 time as text'],
    ['timestamp', true, 'must be an ISO 8601 time as text'],
    ['timestamp', 'yesterday', 'is not an ISO 8601 time'],
  ])('%s = %j is refused with %p', async (field, value, words) => {
    const { status, body } = await receiver.post('derecho', withField(field, value));
    expect(status).toBe(400);
    expect(body.error).toStartWith(field);
    expect(body.error).toContain(words);
  });

  test.each([
    ['cpu_nodes_total', '12', 12],
    ['cpu_nodes_total', 12.7, 12],
    ['memory_total_gb', '12.5', 12.5],
    ['cpu_utilization_percent', 100, 100],
    ['cpu_utilization_percent', null, null],
    ['gpu_login_nodes_total', 'of the old guide', 'of the old guide'],
  ])('%s = %j is taken as %j, as by the SAM API', async (field, value, stored) => {
    expect((await receiver.post('lenient', withField(field, value))).status).toBe(201);
    expect((await receiver.get('lenient/latest')).body[field]).toBe(stored);
  });

  test.each([
    ['yes', true],
    ['no', false],
    [0, false],
  ])('a login node with available = %j is available: %p', async (available, stored) => {
    expect((await receiver.post('flags', withField('login_nodes', [{ node_name: 'n', available }]))).status).toBe(201);
    expect((await receiver.get('flags/latest')).body.login_nodes).toMatchObject([{ available: stored }]);
  });

  test('the same login node or reservation twice is taken', async () => {
    const login_nodes = [{ node_name: 'n' }, { node_name: 'n', available: false }];
    const reservations = [
      { reservation_name: 'R', ...span },
      { reservation_name: 'R', ...span, node_count: 3 },
    ];
    expect((await receiver.post('doubles', { ...leastTotals, login_nodes, reservations })).status).toBe(201);
  });

  test.each([
    ['available', null, 'must not be null'],
    ['active_users', -1, 'must not be negative'],
    ['gpus_free', -1, 'must not be negative'],
    ['gpu_utilization_percent', 101, 'must be from 0 to 100'],
  ])('jupyterhub with %s = %p is refused with %p', async (field, value, words) => {
    const { status, body } = await receiver.post('jupyterhub', { ...jupyterhubSample, [field]: value });
    expect(status).toBe(400);
    expect(body.error).toBe(`${field}: ${words}`);
  });

  test.each([
    ['node_types', [{ node_type: 'x', nodes_total: 1 }], 'Missing required fields: node_types[0].nodes_available'],
    ['node_types', [{ node_type: 'x'.repeat(65), nodes_total: 1, nodes_available: 1 }], 'at most 64 characters'],
    ['viz_nodes_down', null, 'must not be null'],
    ['compute_nodes_total', -1, 'must not be negative'],
    ['cpu_nodes_total', -1, 'must not be negative'],
  ])('casper as in the guide with %s = %j is refused with %p', async (field, value, words) => {
    const { status, body } = await receiver.post('casper', { ...casperSample, [field]: value });
    expect(status).toBe(400);
    expect(body.error).toContain(words);
  });

  test('a list without end is refused before its entries are looked at', async () => {
    const { status, body } = await receiver.post('derecho', withField('queues', new Array(50_001).fill(0)));
    expect(status).toBe(400);
    expect(body.error).toBe('queues: more than 50000 entries');
  });

  test('thousands of problems make a line that can be read', async () => {
    const { body } = await receiver.post('derecho', withField('queues', new Array(5000).fill({})));
    expect(body.error).toEndWith('and 4950 more');
    expect(String(body.error).length).toBeLessThan(2000);
  });

  test('any body is stored or refused, never an error of ours', async () => {
    const samples: Record<string, object> = {
      derecho: { ...derechoSample, reservations: [{ reservation_name: 'R', ...span }], queue_definitions: [] },
      casper: casperSample,
      jupyterhub: jupyterhubSample,
      outage: outageSample,
    };
    const leaf = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(-1, 2 ** 53, 1e308, '', '2026-01-01', '\u0000', '\ud800', '__proto__'),
    );
    const changed = fc
      .record({
        path: fc.constantFrom(...Object.keys(samples)),
        field: fc.nat(),
        inside: fc.nat(),
        value: leaf,
        other: fc.dictionary(fc.string(), leaf, { maxKeys: 2 }),
      })
      .map(({ path, field, inside, value, other }) => {
        const body: Record<string, unknown> = { ...samples[path], ...other };
        const key = Object.keys(body)[field % Object.keys(body).length] ?? '';
        const list = body[key];
        const entry: unknown = Array.isArray(list) ? list[0] : undefined;
        if (entry && typeof entry === 'object') {
          const keys = Object.keys(entry);
          body[key] = [{ ...entry, [keys[inside % keys.length] ?? 'x']: value }, ...(inside % 2 ? [value] : [])];
        } else body[key] = value;
        return { path, text: JSON.stringify(body) };
      });
    const anything = fc.record({
      path: fc.constantFrom(...Object.keys(samples)),
      text: fc.oneof(
        fc.json(),
        fc.string(),
        fc.jsonValue().map((value) => JSON.stringify(value)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, anything), async ({ path, text }) => {
        const { status, body } = await receiver.post(path, text);
        expect(status === 201 ? body.success : typeof body.error).toBe(status === 201 ? true : 'string');
        // 409: another body with the timestamp of a sample.
        expect([201, 400, 409]).toContain(status);
        if (path !== 'outage' && status === 201) expect((await receiver.get(`${path}/latest`)).status).toBe(200);
      }),
      { numRuns: 400 },
    );
  }, 20_000);
});
