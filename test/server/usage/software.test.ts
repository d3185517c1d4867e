/** Questions by software: samples and jobs are sent to a receiver, in either order. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { defaultReceiverSettings } from '../../../src/config/receiver.ts';
import type { Answer } from '../../../src/server/usage/engine/answer.ts';
import { login, overEngines } from '../helper.ts';
import { type IngestReceiver, jobRecord, startIngest } from './helper.ts';

const [begin, end] = [Date.UTC(2026, 10, 20, 10, 5) / 1000, Date.UTC(2026, 10, 20, 11) / 1000];

overEngines((engine) => {
  let receiver: IngestReceiver;
  let key: string;
  beforeEach(async () => {
    const rules = [
      { match: '^/sw/(?P<name>[^/]+)/', software: '%(name)s', user_provided: false, ignore: false },
      { match: '/slurmstepd$', user_provided: false, ignore: true },
    ];
    receiver = await startIngest({
      engine,
      settings: { ...defaultReceiverSettings, softwareRules: { rewrite: [], rules } },
    });
    key = await receiver.addKey('nodes', 'write:hpc1');
  });
  afterEach(() => receiver.remove());

  /** Sends CPU seconds by path. */
  async function sample(job: number, node: string, programs: Record<string, number>, more: object = {}) {
    const execs = Object.fromEntries(Object.entries(programs).map(([path, user]) => [path, { user, system: 0 }]));
    const software = { execs, start_time: begin, end_time: end, untracked: { user: 0, system: 0 }, ...more };
    const { status } = await fetch(`${receiver.url}/${job}/${job}.${node}.json`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-API-Key': key },
      body: JSON.stringify({ 'sams.sampler.Core': { jobid: job, node }, 'sams.sampler.Software': software }),
    });
    expect(status).toBe(200);
  }
  const ingest = (...jobs: Record<string, unknown>[]) =>
    receiver.ingest({ hostname: 'hpc1', jobs: jobs.map((job) => jobRecord(job)) });
  async function query(text: string): Promise<Answer> {
    const { status, body } = await receiver.send(`/api/v1/usage/query?${text}`, { headers: login });
    expect({ status, error: body.error }).toEqual({ status: 200, error: undefined });
    return body as unknown as Answer;
  }
  const hours = ({ groups }: Answer) => groups.map(({ name, total }) => [name, total.cpu_hours, total.jobs]);
  const question = 'by=software&measure=cpu_hours&measure=jobs';

  test('hours are divided by the CPU time of programs, and jobs without a sample are last', async () => {
    await sample(1, 'c001', { '/sw/gromacs/2026.1/gmx': 90, '/sw/gromacs/2025/gmx': 30, '/usr/bin/bash': 40 });
    await ingest({ JobID: '1', CPUHours: 4 }, { JobID: '2', CPUHours: 100 });
    const answer = await query(question);
    expect(answer.total).toEqual({ cpu_hours: 104, jobs: 2 });
    expect(hours(answer)).toEqual([
      ['gromacs', 3, 1],
      ['bash', 1, 1],
      [null, 100, 1],
    ]);
    expect(answer.notes).toEqual([expect.stringContaining('divided by their CPU time')]);
  });

  test('a sample that comes after its job is in the next answer', async () => {
    await ingest({ JobID: '1', CPUHours: 4 });
    expect(hours(await query(question))).toEqual([[null, 4, 1]]);
    await sample(1, 'c001', { '/usr/bin/a': 1 });
    expect(hours(await query(question))).toEqual([['a', 4, 1]]);
    await sample(1, 'c002', { '/usr/bin/b': 3 });
    expect(hours(await query(question))).toEqual([
      ['b', 3, 1],
      ['a', 1, 1],
    ]);
    expect(await receiver.rows('usage_stale_days')).toBe(0);
  });

  test('the sample of a task of an array has the number that the collector sends with the task', async () => {
    await sample(120, 'c001', { '/usr/bin/a': 1 });
    await ingest({ JobID: '118_1', JobIDRaw: '119', CPUHours: 4 }, { JobID: '118_2', JobIDRaw: '120', CPUHours: 8 });
    await sample(119, 'c001', { '/usr/bin/b': 1 });
    expect(hours(await query(question))).toEqual([
      ['a', 8, 1],
      ['b', 4, 1],
    ]);
    expect((await ingest({ JobID: '121_1', JobIDRaw: { wrong: true } })).status).toBe(200);
  });

  test('the sample of a job of another time with the same id does not count', async () => {
    await sample(1, 'c001', { '/usr/bin/a': 1 }, { start_time: 1_000_000, end_time: 1_000_100 });
    await ingest({ JobID: '1', CPUHours: 4 });
    expect(hours(await query(question))).toEqual([[null, 4, 1]]);
  });

  test('a filter has the jobs in which a software was seen, with all their hours', async () => {
    await sample(1, 'c001', { '/usr/bin/a': 1, '/usr/bin/b': 1 });
    await sample(2, 'c001', { '/usr/bin/b': 1 });
    await ingest({ JobID: '1', CPUHours: 4 }, { JobID: '2', CPUHours: 8 }, { JobID: '3', CPUHours: 16 });
    expect((await query('software=a&measure=cpu_hours')).total).toEqual({ cpu_hours: 4 });
    expect((await query('software=a&software=b&measure=cpu_hours')).total).toEqual({ cpu_hours: 12 });
    const { status, body } = await receiver.send('/api/v1/usage/query?software=c', { headers: login });
    expect({ status, error: body.error }).toEqual({ status: 422, error: 'No job has the software c' });
  });

  test('the path of a program is not shown, because it can have the name of a user', async () => {
    await sample(1, 'c001', { '/home/anna/project/a.out': 1 });
    await ingest({ JobID: '1' });
    const answer = await query('by=software');
    expect(answer.groups.map(({ name }) => name)).toEqual(['a.out']);
    expect(JSON.stringify(answer)).not.toContain('anna');
  });

  test('efficiency is of the jobs that were sampled on all their nodes', async () => {
    // 55 minutes with 4 CPUs are 13,200 CPU seconds.
    await sample(1, 'c001', { '/usr/bin/a': 6600, '/usr/sbin/slurmstepd': 0 });
    await sample(2, 'c001', { '/usr/bin/a': 13_200 }, { untracked: undefined });
    await sample(3, 'c001', { '/usr/bin/a': 13_200 });
    await ingest({ JobID: '1' }, { JobID: '2' }, { JobID: '3', AllocNodes: 2 }, { JobID: '4' });
    const answer = await query('by=software&measure=efficiency&measure=jobs');
    expect(answer.total).toEqual({ jobs: 4, efficiency: { jobs: 1, percent: 50 } });
    expect(answer.groups).toMatchObject([
      { name: 'a', total: { jobs: 3, efficiency: { jobs: 1, percent: 50 } } },
      { name: null, total: { jobs: 1, efficiency: null } },
    ]);
    expect(answer.notes[1]).toContain('sampled on all their nodes');

    // On the usage page, the same jobs by state are of the whole window, whatever its periods are.
    const window = 'from=2026-11-19&to=2026-11-20&measure=efficiency';
    const { body } = await receiver.send(`/api/v1/usage/page?${window}&period=day`, { headers: login });
    expect(body.states).toEqual(await query(`${window}&by=state&top=12`));
  });
});
