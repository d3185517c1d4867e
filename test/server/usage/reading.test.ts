import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { basic, login, overEngines, user } from '../helper.ts';
import { type IngestReceiver, jobRecord, startIngest } from './helper.ts';

overEngines((engine) => {
  let receiver: IngestReceiver;
  beforeAll(async () => {
    receiver = await startIngest({ engine, isBehindProxy: true });
    const jobs = [
      jobRecord({ JobID: '1', Submit: '2026-11-19T23:59:59', CPUHours: 1, GPUHours: 0.25, Partition: 'gpu' }),
      jobRecord({ JobID: '2', Submit: '2026-11-20T00:00:00', CPUHours: 2, GPUHours: 0, User: 'bob' }),
      jobRecord({ JobID: '3', Submit: '2026-11-20T23:59:59.9', CPUHours: 4, GPUHours: 0, Partition: 'debug' }),
      jobRecord({ JobID: '4', Submit: '2026-11-21T00:00:00', CPUHours: 8, GPUHours: 0, User: 'carol' }),
    ];
    await receiver.ingest({ hostname: 'hpc1', jobs });
    await receiver.ingest({ hostname: 'hpc2', jobs: [jobRecord()] });
    await receiver.ingest({ hostname: 'nothing', jobs: [] });
  });
  afterAll(() => receiver.remove());

  test('anybody sees in the health which clusters have jobs', async () => {
    const { status, body } = await receiver.read('health', {});
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'healthy', data_loaded: true, hostnames: ['hpc1', 'hpc2'] });
  });

  describe('the statistics', () => {
    test('are sums of one cluster', async () => {
      const { status, body } = await receiver.read('stats/hpc1');
      expect(status).toBe(200);
      expect(body).toEqual({
        hostname: 'hpc1',
        total_jobs: 4,
        total_cpu_hours: 15,
        total_gpu_hours: 0.25,
        total_users: 3,
        partitions: ['compute', 'debug', 'gpu'],
      });
    });

    test.each([
      ['start_date=2026-11-20', 14],
      ['end_date=2026-11-20', 7],
      ['start_date=2026-11-20&end_date=2026-11-20', 6],
      ['start_date=2026-11-22', 0],
      ['start_date=&end_date=', 15],
    ])('of the days %s, both included, by submission: %p CPU-hours', async (query, hours) => {
      expect((await receiver.read(`stats/hpc1?${query}`)).body.total_cpu_hours).toBe(hours);
    });

    test.each(['start_date=yesterday', 'end_date=2026-02-30', 'end_date=2026-11-20T00:00:00'])(
      'of %s are 422, since a filter that is not understood must not look like an answer',
      async (query) => {
        const { status, body } = await receiver.read(`stats/hpc1?${query}`);
        expect(status).toBe(422);
        expect(body.detail).toMatchObject([{ type: 'date_parsing', loc: ['query', query.split('=')[0]] }]);
      },
    );

    test('of a cluster without jobs are 404', async () => {
      const { status, body } = await receiver.read('stats/nothing');
      expect({ status, body }).toEqual({ status: 404, body: { detail: 'Cluster nothing not found' } });
    });

    test('are for users, and for keys of that cluster', async () => {
      expect((await receiver.read('stats/hpc1', login)).status).toBe(200);
      const key = await receiver.addKey('two', 'write:hpc2');
      expect((await receiver.read('stats/hpc2', { 'X-API-Key': key })).status).toBe(200);
      const other = await receiver.read('stats/hpc1', { 'X-API-Key': key });
      expect(other).toMatchObject({
        status: 403,
        body: { detail: 'API key two lacks the scope read; it has write:hpc2' },
      });
    });

    test('are refused to everybody else on other hosts', async () => {
      expect(await receiver.read('stats/hpc1', {})).toMatchObject({
        status: 401,
        body: { detail: 'Authentication required' },
      });
      expect((await receiver.read('stats/hpc1', { Authorization: basic(user, 'wrong') })).status).toBe(401);
      expect((await receiver.read('stats/hpc1', { ...login, 'X-API-Key': 'wrong' })).status).toBe(401);
    });
  });
});
