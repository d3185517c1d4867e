import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { changeClusterSettings, listClusterSettings } from '../../../src/server/usage/cluster-settings.ts';
import { login, overEngines } from '../helper.ts';
import { derechoSample } from '../samples.ts';
import { type IngestReceiver, jobRecord, startIngest } from './helper.ts';

overEngines((engine) => {
  let receiver: IngestReceiver;
  beforeAll(async () => {
    receiver = await startIngest({ engine });
  });
  afterAll(() => receiver.remove());

  const ask = (text: string, headers: Record<string, string> = login) =>
    receiver.send(`/api/v1/usage/${text}`, { headers });

  describe('utilisation', () => {
    beforeAll(async () => {
      const use = { Start: '2026-11-20T00:00:00', End: '2026-11-21T00:00:00', AllocCPUS: 60, GPUHours: 0 };
      await receiver.ingest({ hostname: 'derecho', jobs: [jobRecord({ ...use, CPUHours: 60 * 24 })] });
      for (let hour = 0; hour < 24; hour++) {
        const timestamp = `2026-11-20T${String(hour).padStart(2, '0')}:30:00`;
        // 100 cores are up in the first half of the day, and 50 in the second.
        const idle = hour < 12 ? 40 : 0;
        const totals = { cpu_cores_total: 100, cpu_cores_allocated: hour < 12 ? 60 : 50, cpu_cores_idle: idle };
        const body = { ...derechoSample, ...totals, timestamp, gpu_count_allocated: 0, gpu_count_idle: 0 };
        expect((await receiver.post('derecho', body)).status).toBe(201);
      }
    });

    test('counts only cores that were up: an outage lowers the available hours, not the utilisation', async () => {
      const { body } = await ask('utilisation?cluster=derecho&from=2026-11-20&to=2026-11-20');
      expect(body.total).toMatchObject({
        days: 1,
        known_days: 1,
        cpu_hours_used: 1440,
        cpu_hours_available: 1800,
        cpu_percent: 80,
      });
    });

    test('is in the answer for the usage page, which equals the answers to its single questions', async () => {
      const jobs = 'cluster=derecho&from=2026-11-19&to=2026-11-22&measure=cpu_hours&measure=wait';
      const more = `${jobs}&by=account&period=day&compare=true&top=3`;
      const divided = (by: string) =>
        ask(`query?cluster=derecho&from=2026-11-19&to=2026-11-22&measure=cpu_hours&by=${by}&top=12`);
      const { status, body } = await ask(`page?${more}`);
      expect(status).toBe(200);
      expect(body.usage).toMatchObject({ total: { cpu_hours: 1440 } });
      const usage = (await ask(`query?${more}`)).body as { groups: { series: Record<string, unknown> }[] };
      expect(usage.groups).toHaveLength(1);
      // The page shows one measure of a group over time.
      const groups = usage.groups.map((group) => ({ ...group, series: { cpu_hours: group.series.cpu_hours } }));
      expect(body).toEqual({
        usage: { ...usage, groups },
        sizes: (await divided('size')).body,
        nodes: (await divided('node')).body,
        states: (await divided('state')).body,
        utilisation: [(await ask('utilisation?cluster=derecho&from=2026-11-19&to=2026-11-22&period=day')).body],
      });
      expect((await ask('page?cluster=derecho&from=1990-01-01&period=year')).body.utilisation).toBeNull();
      expect((await ask(`page?${more}&account=physics`)).body).toMatchObject({
        utilisation: null,
        sizes: { total: {} },
      });
    });

    test('is unknown for days without snapshots, and the hours of such days are left out of the percentage', async () => {
      const { body } = await ask('utilisation?cluster=derecho&from=2026-11-19&to=2026-11-22&period=day');
      expect(body.total).toMatchObject({ days: 4, known_days: 1, cpu_percent: 80, gpu_percent: null });
      expect(body.periods).toMatchObject([
        { start: '2026-11-19', cpu_percent: null, cpu_hours_available: null },
        { start: '2026-11-20', cpu_percent: 80 },
        { start: '2026-11-21', cpu_percent: null },
        { start: '2026-11-22', cpu_percent: null },
      ]);
    });
  });

  describe('the expected wait', () => {
    beforeAll(async () => {
      // One job each minute: 40 that wait 10 minutes each, and later 40 that wait an hour each, of another size.
      const time = (minute: number) => new Date(Date.UTC(2026, 10, 20) + minute * 60_000).toISOString().slice(0, 19);
      const job = (index: number, wait: number, AllocCPUS: number) =>
        jobRecord({
          JobID: `w${index}`,
          AllocCPUS,
          Submit: time(index),
          Start: time(index + wait),
          End: time(index + wait + 30),
        });
      const short = Array.from({ length: 40 }, (_, index) => job(index, 10, 4));
      const long = Array.from({ length: 40 }, (_, index) => job(1000 + index, 60, 64));
      await receiver.ingest({ hostname: 'waits', jobs: [...short, ...long] });
    });

    test('comes from jobs of the same partition and size, and has the number of these jobs', async () => {
      const { body } = await ask('expected-wait?cluster=waits&partition=compute&cpus=8');
      expect(body).toEqual({
        ...{ cluster: 'waits', partition: 'compute', size: '2-8', queued: null, days: 28, jobs: 40 },
        ...{ median_hours: expect.closeTo(1 / 6, 9), p90_hours: expect.closeTo(1 / 6, 9), reason: null },
      });
      expect((await ask('expected-wait?cluster=waits&partition=compute&cpus=100')).body.median_hours).toBe(1);
    });

    test('comes from jobs submitted at a similar number of pending jobs', async () => {
      // At any time at most 10 jobs of the short ones wait, and at most 40 of the long ones.
      expect((await ask('expected-wait?cluster=waits&partition=compute&cpus=4&queued=10')).body.jobs).toBe(35);
      expect((await ask('expected-wait?cluster=waits&partition=compute&cpus=4&queued=500')).body).toMatchObject({
        ...{ jobs: 0, median_hours: null, p90_hours: null },
        reason: 'not enough data: fewer than 30 similar jobs',
      });
    });

    test('comes from jobs with a similar run time', async () => {
      expect((await ask('expected-wait?cluster=waits&partition=compute&cpus=4&hours=0.5')).body.jobs).toBe(40);
      expect((await ask('expected-wait?cluster=waits&partition=compute&cpus=4&hours=6')).body.jobs).toBe(0);
    });

    test('is unknown, and not refused, for a queue or a system without finished jobs', async () => {
      const queue = { ...derechoSample.queues[0], queue_name: 'idle' };
      expect((await receiver.post('waits', { ...derechoSample, queues: [queue] })).status).toBe(201);
      expect(await ask('expected-wait?cluster=waits&partition=idle')).toMatchObject({
        status: 200,
        body: { jobs: 0, median_hours: null, reason: 'not enough data: fewer than 30 similar jobs' },
      });
      expect((await receiver.post('jobless', derechoSample)).status).toBe(201);
      expect(await ask('expected-wait?cluster=jobless&partition=main')).toMatchObject({
        status: 200,
        body: { jobs: 0, median_hours: null, reason: 'not enough data: no finished job of jobless has been received' },
      });
      expect(await ask('expected-wait?cluster=jobless&partition=none')).toMatchObject({ status: 422 });
    });

    test('is refused for an unknown partition, and the error lists the known partitions', async () => {
      expect(await ask('expected-wait?cluster=waits&partition=gpux')).toMatchObject({
        status: 422,
        body: { error: 'No job has the partition gpux: give one of compute' },
      });
    });
  });

  test('an outage is shown with the jobs that ended in it, and their hours', async () => {
    const job = (JobID: string, State: string, End: string) =>
      jobRecord({ JobID, State, Start: '2026-11-20T10:05:00', End, CPUHours: 8, GPUHours: 0, AllocNodes: 2 });
    const jobs = [
      job('1', 'NODE_FAIL', '2026-11-20T11:05:00'),
      job('2', 'FAILED', '2026-11-20T11:05:00'),
      job('3', 'COMPLETED', '2026-11-20T11:05:00'),
      job('4', 'NODE_FAIL', '2026-11-20T15:00:00'),
    ];
    await receiver.ingest({ hostname: 'broken', jobs });
    const outage = { system_name: 'Broken', title: 'Power', severity: 'critical', status: 'resolved' };
    const times = { start_time: '2026-11-20T11:00:00', end_time: '2026-11-20T12:00:00' };
    expect((await receiver.post('outage', { ...outage, ...times })).status).toBe(201);
    const { body } = await ask('outages?cluster=broken&from=2026-11-20&to=2026-11-20');
    expect(body.outages).toMatchObject([
      {
        title: 'Power',
        cost: {
          node_fail: { jobs: 1, cpu_hours: 8, gpu_hours: 0, node_hours: 2 },
          failed_or_cancelled: { jobs: 1, cpu_hours: 8 },
        },
      },
    ]);
    expect((await ask('outages?cluster=broken&from=2026-11-21&to=2026-11-22')).body.outages).toEqual([]);
  });

  test('the cost of an outage of a system without finished jobs is unknown', async () => {
    const outage = { system_name: 'gateway', title: 'Power', severity: 'major', start_time: '2026-11-20T11:00:00' };
    expect((await receiver.post('outage', outage)).status).toBe(201);
    expect(await ask('outages?cluster=gateway&from=2026-11-20&to=2026-11-20')).toMatchObject({
      status: 200,
      body: { outages: [{ title: 'Power', cost: null }] },
    });
  });

  describe('a report', () => {
    beforeAll(async () => {
      const jobs = [
        jobRecord({ JobID: '1', Account: '=HYPERLINK("http://evil")', CPUHours: 10 }),
        jobRecord({ JobID: '2', Account: '<script>alert(1)</script>', CPUHours: 5, State: 'FAILED' }),
        jobRecord({
          JobID: '3',
          Submit: '2026-10-01T10:00:00',
          Start: '2026-10-01T10:00:00',
          End: '2026-10-01T11:00:00',
        }),
      ];
      await receiver.ingest({ hostname: 'reported', jobs });
    });
    const text = async (query: string) => {
      const response = await fetch(`${receiver.url}/api/v1/usage/report?${query}`, { headers: login });
      return { response, text: await response.text() };
    };

    test('of a month has sums of that month and of the month before', async () => {
      const { body } = await ask('report?cluster=reported&period=2026-11');
      expect(body).toMatchObject({
        ...{ cluster: 'reported', period: '2026-11' },
        summary: { total: { jobs: 2, users: 1, cpu_hours: 15 }, previous: { from: '2026-10-01', total: { jobs: 1 } } },
        states: { groups: [{ name: 'COMPLETED' }, { name: 'FAILED' }] },
      });
      expect(JSON.stringify(body)).not.toContain('alice');
    });

    test('of a quarter and of a year has weeks and months', async () => {
      const periods = async (period: string) => {
        const { body } = await ask(`report?cluster=reported&period=${period}`);
        return (body.timeline as { periods: unknown[] }).periods.length;
      };
      expect([await periods('2026-Q4'), await periods('2026')]).toEqual([14, 12]);
    });

    test('as CSV has no cell that a spreadsheet takes for a formula', async () => {
      const { response, text: csv } = await text('cluster=reported&period=2026-11&format=csv');
      expect(response.headers.get('content-disposition')).toBe('attachment; filename="report_reported_2026-11.csv"');
      expect(csv).toContain(`"'=HYPERLINK(""http://evil"")",1,1,10,0.5`);
    });

    test('as a page has no script and loads no other file', async () => {
      const { response, text: html } = await text('cluster=reported&period=2026-11&format=html');
      expect(response.headers.get('content-security-policy')).toStartWith("default-src 'none'; style-src 'sha256-");
      expect(html).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
      expect(html).not.toContain('<script');
    });

    test.each(['2026-13', '2026-Q5', 'november', '', '0001'])('of the period %p is refused', async (period) => {
      expect((await ask(`report?cluster=reported&period=${period}`)).status).toBe(400);
    });
  });

  test.each(['utilisation', 'outages', 'report?period=2026-11', 'expected-wait?partition=compute'])(
    '%s of another cluster is refused to the key of a cluster',
    async (path) => {
      const key = await receiver.addKey(`key-${path.replace(/\W/g, '')}`, 'write:other');
      const query = `${path.includes('?') ? '&' : '?'}from=2026-11-20&to=2026-11-20&cluster=waits`;
      expect((await ask(path + query, { 'X-API-Key': key })).status).toBe(422);
    },
  );

  test('the usage page of another cluster only says so to the key of a cluster', async () => {
    const key = await receiver.addKey('key-page', 'write:other');
    const { status, body } = await ask('page?cluster=waits', { 'X-API-Key': key });
    expect({ status, body }).toEqual({ status: 200, body: { problem: expect.stringContaining('no cluster waits') } });
  });

  describe('the days of a cluster', () => {
    const days = async () => {
      const { body } = await ask('query?cluster=zoned&period=day&measure=cpu_hours&measure=jobs');
      return { from: body.from, series: body.series };
    };
    const change = (of: Parameters<typeof changeClusterSettings>[2]) =>
      changeClusterSettings(receiver.database, 'zoned', of, () => undefined);

    test('begin at midnight in its time zone, and a running receiver applies a new time zone', async () => {
      const jobs = [jobRecord({ Start: '2026-11-20T23:30:00', End: '2026-11-21T00:30:00', CPUHours: 4 })];
      await receiver.ingest({ hostname: 'zoned', jobs });
      expect(await days()).toEqual({ from: '2026-11-20', series: { cpu_hours: [2, 2], jobs: [1, 1] } });
      await change({ timeZone: 'Asia/Tokyo' });
      expect(await days()).toEqual({ from: '2026-11-21', series: { cpu_hours: [4], jobs: [1] } });
      await change({ storedTimes: 'local' });
      expect(await days()).toEqual({ from: '2026-11-20', series: { cpu_hours: [2, 2], jobs: [1, 1] } });
      expect((await listClusterSettings(receiver.database)).find(({ name }) => name === 'zoned')).toMatchObject({
        ...{ timeZone: 'Asia/Tokyo', storedTimes: 'local', accountSeparator: '-', isSegmented: true },
      });
    });

    test('need an existing time zone', async () => {
      await expect(change({ timeZone: 'Mars/Olympus' })).rejects.toThrow('Mars/Olympus is not a time zone');
    });
  });
});
