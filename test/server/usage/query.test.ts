import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Answer } from '../../../src/server/usage/engine/answer.ts';
import { login, overEngines } from '../helper.ts';
import { type IngestReceiver, jobRecord, startIngest } from './helper.ts';

overEngines((engine) => {
  let receiver: IngestReceiver;
  beforeAll(async () => {
    receiver = await startIngest({ engine });
    const jobs = [
      jobRecord({ JobID: '1', Start: '2026-11-20T22:00:00', End: '2026-11-21T02:00:00', CPUHours: 16 }),
      jobRecord({ JobID: '2', User: 'bob', Account: 'physics-cfd', Partition: 'gpu,gpu-a100', NodeList: 'c[001-002]' }),
      jobRecord({ JobID: '3', User: 'bob', Account: 'biology', QOS: null, Start: null, CPUHours: 0, NodeList: null }),
    ];
    await receiver.ingest({ hostname: 'hpc1', jobs });
    await receiver.ingest({ hostname: 'hpc2', jobs: [jobRecord({ User: 'carol', Account: 'secret' })] });
  });
  afterAll(() => receiver.remove());

  async function query(text: string, headers: Record<string, string> = login) {
    const { status, body } = await receiver.send(`/api/v1/usage/query?${text}`, { headers });
    return { status, body, answer: body as unknown as Answer };
  }

  test('hours are booked on the days on which a job ran, and the job counts on each of them', async () => {
    const { answer } = await query(
      'cluster=hpc1&period=day&measure=jobs&measure=cpu_hours&from=2026-11-19&to=2026-11-22',
    );
    expect(answer.series).toEqual({ jobs: [0, 2, 1, 0], cpu_hours: [0, 12, 8, 0] });
    expect(answer.total).toEqual({ jobs: 2, cpu_hours: 20 });
  });

  test('a time axis decides which jobs count', async () => {
    const jobs = async (axis: string) => (await query(`cluster=hpc1&axis=${axis}`)).answer.total.jobs;
    expect([await jobs('submitted'), await jobs('started'), await jobs('ended'), await jobs('ran')]).toEqual([
      3, 2, 3, 2,
    ]);
  });

  test('accounts are grouped at any level, and a filter of an account has those below it', async () => {
    const grouped = await query('cluster=hpc1&axis=submitted&by=account&account_levels=1');
    expect(grouped.answer.groups).toMatchObject([
      { name: 'physics', total: { jobs: 2 } },
      { name: 'biology', total: { jobs: 1 } },
    ]);
    expect((await query('cluster=hpc1&axis=submitted&account_below=physics')).answer.total.jobs).toBe(2);
    expect((await query('cluster=hpc1&axis=submitted&account=physics')).answer.total.jobs).toBe(1);
  });

  test('the group "others" is last, with its own number of users', async () => {
    const { answer } = await query('axis=submitted&by=account&top=1&measure=jobs&measure=users');
    expect(answer.groups).toMatchObject([{ total: { jobs: 1, users: 1 } }]);
    expect(answer.others).toMatchObject({ groups: 3, total: { jobs: 3, users: 3 } });
  });

  test('a job on two nodes counts half on each, and one without a node list on none', async () => {
    const { answer } = await query('cluster=hpc1&axis=submitted&by=node&measure=jobs&measure=cpu_hours');
    expect(Object.fromEntries(answer.groups.map(({ name, total }) => [name ?? '', total.jobs]))).toEqual({
      c001: 1.5,
      c002: 0.5,
      '': 1,
    });
  });

  test('a run of over three years has a wrong time: it does not count on the days of it, whatever divides the jobs', async () => {
    const long = { Start: '2020-01-01T00:00:00', End: '2025-01-01T00:00:00' };
    const jobs = [
      jobRecord({ JobID: '1', Submit: '2020-01-01T00:00:00', ...long, CPUHours: 100 }),
      jobRecord({ JobID: '2', CPUHours: 4 }),
    ];
    await receiver.ingest({ hostname: 'hpc3', jobs });
    const window = 'cluster=hpc3&from=2019-01-01&to=2026-12-31&measure=jobs&measure=cpu_hours&measure=duration';
    for (const more of ['', '&period=year', '&by=user', '&by=size', '&by=node', '&node=c001']) {
      const { total } = (await query(window + more)).answer;
      expect(total, more).toMatchObject({ jobs: 1, cpu_hours: 104, duration: { jobs: 1 } });
    }
  });

  test('the period before is the month before if the window is a month', async () => {
    const { answer } = await query('cluster=hpc1&from=2026-12-01&to=2026-12-31&compare=true');
    expect(answer.previous).toMatchObject({ from: '2026-11-01', to: '2026-11-30', total: { jobs: 2 } });
  });

  test.each([
    ['from=2027-03-01', '2027-03-01'],
    ['to=2020-01-01', '2020-01-01'],
  ])('%s, outside the days with jobs, is a window of that day without jobs', async (window, day) => {
    const { answer } = await query(`cluster=hpc1&${window}`);
    expect(answer).toMatchObject({ from: day, to: day, total: { jobs: 0 } });
  });

  test('efficiency is null, and the answer has the reason', async () => {
    const { answer } = await query('measure=efficiency');
    expect(answer.total).toEqual({ efficiency: null });
    expect(answer.notes).toEqual([expect.stringContaining('null if there are none')]);
  });

  test('a POST takes the same parameters', async () => {
    const { body } = await receiver.send('/api/v1/usage/query', {
      method: 'POST',
      headers: { ...login, 'Content-Type': 'application/json' },
      body: JSON.stringify({ cluster: ['hpc1'], axis: 'submitted', by: 'state', measure: 'jobs' }),
    });
    expect(body).toEqual((await query('cluster=hpc1&axis=submitted&by=state')).body);
  });

  test('an accepted job is in the next answer, on the day on which it ends now', async () => {
    const hours = async () => (await query('cluster=moving&period=day&measure=cpu_hours')).answer.series?.cpu_hours;
    const send = (End: string, CPUHours: number) =>
      receiver.ingest({ hostname: 'moving', jobs: [jobRecord({ Start: '2026-11-20T23:00:00', End, CPUHours })] });
    await send('2026-11-20T23:30:00', 2);
    expect(await hours()).toEqual([2]);
    await send('2026-11-21T01:00:00', 4);
    expect(await hours()).toEqual([2, 2]);
  });

  describe('a wrong question is refused', () => {
    test.each([
      ['period=hour', 400, /^period: invalid option: expected one of "day"\|"week"/],
      ['nope=1', 400, /^nope: is not a parameter; the parameters are cluster, axis/],
      ['from=2026-02-30', 400, /^from: must be a date/],
      ['from=2026-12-01&to=2026-01-01', 400, /^from: must not be after to/],
      ['top=many', 400, /^top: /],
      ['cluster=hpc9', 422, /there is no cluster hpc9; give one of hpc1, hpc2/],
      [
        'cluster=hpc1&partition=gpux',
        422,
        /^No job has the partition gpux: give one of compute, gpu, gpu,gpu-a100, gpu-a100$/,
      ],
      ["cluster=hpc1&account=o'brien", 422, /^No job has the account o'brien: give one of biology/],
      ['cluster=hpc1&user=mallory', 422, /^No job has the user mallory$/],
      ['cluster=hpc1&from=0001-01-01&to=9999-12-31&period=day', 422, /has over 4000 periods of a day/],
    ])('%s', async (text, status, error) => {
      const found = await query(text);
      expect({ status: found.status, error: found.body.error }).toEqual({
        status,
        error: expect.stringMatching(error),
      });
    });

    test('except on the page of a user or account without jobs, which says so', async () => {
      const { status, body } = await receiver.send('/api/v1/usage/page?cluster=hpc1&user=mallory', { headers: login });
      expect({ status, body }).toEqual({ status: 200, body: { problem: 'No job has the user mallory' } });
      expect((await receiver.send('/api/v1/usage/page?period=hour', { headers: login })).status).toBe(400);
    });

    test('a body above the limit', async () => {
      const { status } = await receiver.send('/api/v1/usage/query', {
        method: 'POST',
        headers: { ...login, 'Content-Type': 'application/json' },
        body: JSON.stringify({ user: new Array(200_000).fill('somebody.else') }),
      });
      expect(status).toBe(413);
    });
  });

  test('a filter of ten thousand values is answered', async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `user${index}`);
    const { status, body } = await receiver.send('/api/v1/usage/query', {
      method: 'POST',
      headers: { ...login, 'Content-Type': 'application/json' },
      body: JSON.stringify({ cluster: 'hpc1', user: ['bob', ...names] }),
    });
    expect({ status, body }).toMatchObject({ status: 422, body: { error: 'No job has the user user0' } });
  });

  describe('the key of one cluster', () => {
    let headers: Record<string, string>;
    beforeAll(async () => {
      headers = { 'X-API-Key': await receiver.addKey('only-hpc1', 'write:hpc1') };
    });

    test('sees only that cluster', async () => {
      const { answer } = await query('axis=submitted&by=account', headers);
      expect(answer.clusters.map(({ name }) => name)).toEqual(['hpc1']);
      expect(JSON.stringify(answer)).not.toContain('secret');
    });

    test('gets the same answer for another cluster and for a cluster that does not exist', async () => {
      const [other, none] = [await query('cluster=hpc2', headers), await query('cluster=hpc9', headers)];
      expect(other.status).toBe(none.status);
      expect(String(other.body.error).replace('hpc2', 'X')).toBe(String(none.body.error).replace('hpc9', 'X'));
      expect((await query('account=secret', headers)).body.error).not.toContain('secret: give one of secret');
    });

    test('sees no names of users', async () => {
      expect(await query('by=user', headers)).toMatchObject({ status: 403 });
      expect(await query('user=alice', headers)).toMatchObject({ status: 403 });
    });
  });
});
