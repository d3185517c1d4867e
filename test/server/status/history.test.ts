import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Json, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { derechoSample, jupyterhubSample, leastTotals } from '../samples.ts';

const day = '2026-03-02';
const window = `from=${day}T10:00:00&to=${day}T10:20:00&step=300`;

/** The values of a history's field by bucket: average, minimum and maximum. */
function valuesOf(body: Json, field: string): unknown {
  return (body.fields as Record<string, unknown>)[field];
}

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
  });
  afterAll(() => receiver.remove());

  const send = async (system: string, time: string, rest: Json, headers: Record<string, string> = {}) => {
    const { status } = await receiver.post(system, { ...leastTotals, timestamp: `${day}T${time}`, ...rest }, headers);
    expect(status).toBe(201);
  };

  test('each bucket has average, minimum and maximum, and one without a snapshot has null', async () => {
    for (const [time, running_jobs] of [
      ['10:01:00', 10],
      ['10:02:00', 4],
      ['10:11:00', 7],
      ['10:20:00', 99],
    ] as const)
      await send('buckets', time, { running_jobs });
    const { status, body } = await receiver.get(`buckets/history?${window}&fields=running_jobs`);
    expect(status).toBe(200);
    expect(body).toEqual({
      system: 'buckets',
      kind: 'system',
      name: null,
      from: `${day}T10:00:00`,
      to: `${day}T10:20:00`,
      step: 300,
      snapshots: [2, 0, 1, 0],
      failed_probes: {},
      fields: {
        running_jobs: { average: [7, null, 7, null], minimum: [4, null, 7, null], maximum: [10, null, 7, null] },
      },
    });
  });

  test('an hour and a day match their snapshots, for any order of arrival', async () => {
    const jobs: readonly (readonly [string, number])[] = [
      ['12:30:00', 5],
      ['10:00:00', 1],
      ['10:59:59.999', 3],
      ['11:00:00', 8],
    ];
    for (const [time, running_jobs] of jobs) await send('late', time, { running_jobs });
    const hours = await receiver.get(
      `late/history?from=${day}T10:00:00&to=${day}T13:00:00&step=1h&fields=running_jobs`,
    );
    expect(valuesOf(hours.body, 'running_jobs')).toEqual({
      average: [2, 8, 5],
      minimum: [1, 8, 5],
      maximum: [3, 8, 5],
    });
    const days = await receiver.get(`late/history?from=${day}&to=2026-03-03&step=1d&fields=running_jobs`);
    expect(valuesOf(days.body, 'running_jobs')).toEqual({ average: [4.25], minimum: [1], maximum: [8] });
    expect(days.body.snapshots).toEqual([4]);
  });

  test('the answer says in how many snapshots of a bucket a probe had failed', async () => {
    await send('probes', '10:01:00', {}, { 'X-Collection-Failed': 'queues, login_nodes/derecho1' });
    await send('probes', '10:02:00', {}, { 'X-Collection-Failed': 'queues' });
    await send('probes', '10:11:00', {});
    const { body } = await receiver.get(`probes/history?${window}`);
    expect(body.failed_probes).toEqual({ queues: [2, 0, 0, 0], 'login_nodes/derecho1': [1, 0, 0, 0] });
    const outside = await receiver.get(`probes/history?from=${day}T10:05:00&to=${day}T10:20:00&step=300`);
    expect(outside.body.failed_probes).toEqual({});
  });

  test('a field that was null in some snapshots averages the others', async () => {
    await send('nulls', '10:01:00', { cpu_utilization_percent: 50.5 });
    await send('nulls', '10:02:00', { cpu_utilization_percent: null });
    for (const step of ['300', '1h']) {
      const { body } = await receiver.get(`nulls/history?from=${day}T10:00:00&to=${day}T10:05:00&step=${step}`);
      expect(valuesOf(body, 'cpu_utilization_percent')).toEqual({ average: [50.5], minimum: [50.5], maximum: [50.5] });
      expect(body.snapshots).toEqual([2]);
      expect(Object.keys(body.fields as Json)).not.toContain('gpu_utilization_percent');
    }
  });

  test('a snapshot that is sent again counts once', async () => {
    for (const key of ['one', 'two']) await send('again', '10:01:00', { running_jobs: 6 }, { 'Idempotency-Key': key });
    const { body } = await receiver.get(`again/history?from=${day}&to=2026-03-03&step=1d`);
    expect(body.snapshots).toEqual([1]);
  });

  describe('the lists of a snapshot have histories of their own', () => {
    const nodeType = { node_type: 'gpu-v100', nodes_total: 8, nodes_available: 3 };
    const around = 'from=2025-11-25T14:30:00&to=2025-11-25T14:35:00&step=300';
    beforeAll(async () => {
      const filesystems = [...derechoSample.filesystems, { filesystem_name: '/glade/u', degraded: true }];
      await receiver.post('derecho', { ...derechoSample, filesystems, node_types: [nodeType] });
    });

    test.each([
      ['queues/main', 'queue', 'main', 'pending_jobs', 245],
      ['node-types/gpu-v100', 'node_type', 'gpu-v100', 'nodes_available', 3],
      ['login-nodes/derecho5', 'login_node', 'derecho5', 'available', 1],
      ['filesystems/%2Fglade%2Fu', 'filesystem', '/glade/u', 'degraded', 1],
      ['filesystems/glade', 'filesystem', 'glade', 'used_tb', 16500],
    ])('%s', async (path, kind, name, field, value) => {
      const { body } = await receiver.get(`derecho/${path}/history?${around}`);
      expect(body).toMatchObject({ system: 'derecho', kind, name });
      expect(valuesOf(body, field)).toEqual({ average: [value], minimum: [value], maximum: [value] });
    });

    test('a hub has one too', async () => {
      await receiver.post('jupyterhub', jupyterhubSample);
      const { body } = await receiver.get(`jupyterhub/history?${around}&fields=active_sessions,available`);
      expect(body).toMatchObject({ kind: 'hub', snapshots: [1] });
      expect(valuesOf(body, 'active_sessions')).toEqual({ average: [72], minimum: [72], maximum: [72] });
    });
  });

  test.each([
    ['nowhere/history', 'There is no system nowhere'],
    ['derecho/queues/none/history', 'derecho has no queue none'],
    ['derecho/queues/%E0%A4/history', 'Not found'],
  ])('%s is 404', async (path, error) => {
    expect(await receiver.get(path)).toMatchObject({ status: 404, body: { error } });
  });

  test.each([
    ['fields=jobs,running_jobs', /^fields: jobs: must be of cpu_nodes_total, /],
    ['from=yesterday&to=1', /^to: is not an ISO 8601 time.*; from: is not an ISO 8601 time/],
    ['from=2026-03-02&to=2026-03-01', /^from: must be before to$/],
    ['step=soon', /^step: must be seconds, or a duration/],
    ['step=0', /^step: must be at least 1 second$/],
    ['step=90m', /^step: must be whole hours/],
    ['step=36h', /^step: must be whole days/],
    ['from=2026-03-01&to=2026-03-02&step=40', /^step: gives more than 2000 buckets: use at least 44 seconds$/],
  ])('%s is 400', async (query, error) => {
    const { status, body } = await receiver.get(`derecho/history?${query}`);
    expect({ status, error: body.error }).toEqual({ status: 400, error: expect.stringMatching(error) });
  });
});
