/** A user without the scope read:names sees the own jobs and the own name, and no other. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { addUser } from '../../../src/server/auth/users.ts';
import { basic, type Json, overEngines } from '../helper.ts';
import { type IngestReceiver, jobRecord, startIngest } from '../usage/helper.ts';

const password = 'alices long password';
const alice = { Authorization: basic('alice', password) };

overEngines((engine) => {
  let receiver: IngestReceiver;
  let names: Record<string, string>;
  let cluster: Record<string, string>;

  async function started(options: Parameters<typeof startIngest>[0]): Promise<IngestReceiver> {
    const made = await startIngest({ engine, isBehindProxy: true, ...options });
    await addUser(made.database, 'alice', password, ['read']);
    const jobs = [
      jobRecord({ JobID: '1', State: 'NODE_FAIL', End: '2026-11-20T10:06:00' }),
      jobRecord({ JobID: '1', Submit: '2026-11-20T10:06:00', Start: '2026-11-20T10:10:00', AllocNodes: 2 }),
      jobRecord({ JobID: '2', User: 'bob' }),
      jobRecord({ JobID: '7[1].pbs01', User: 'bob' }),
      jobRecord({ JobID: '7[2].pbs01', User: 'bob' }),
    ];
    await made.ingest({ hostname: 'hpc1', jobs });
    await made.ingest({ hostname: 'hpc2', jobs: [jobRecord({ JobID: '3', User: 'carol', Account: 'secret' })] });
    const key = await made.addKey('samples', 'write:hpc1');
    await sample(made, key, 1, 'c001', 'alice', { '/home/alice/bin/solve': { user: 5000, system: 40 } });
    await sample(made, key, 1, 'c002', 'alice', { '/usr/bin/python3.11': { user: 900, system: 60 } });
    await sample(made, key, 2, 'c003', 'bob', { '/home/bob/bin/secret': { user: 1, system: 0 } });
    return made;
  }

  async function sample(to: IngestReceiver, key: string, job: number, node: string, username: string, execs: object) {
    const [start, end] = ['2026-11-20T10:10:05Z', '2026-11-20T11:00:10Z'].map((time) => Date.parse(time) / 1000);
    const body = {
      'sams.sampler.Core': { jobid: job, node },
      'sams.sampler.SlurmInfo': { account: 'physics', username },
      'sams.sampler.SlurmCGroup2': { cpus: 2, memory_max_usage: '3221225472', memory_usage_average: 2147483648.5 },
      'sams.sampler.NvidiaSMI': { '0': { utilization_gpu: '99', utilization_gpu_average: 61.5, power_draw: '[N/A]' } },
      'sams.sampler.Software': { execs, start_time: start, end_time: end },
    };
    const headers = { 'X-API-Key': key, 'Content-Type': 'application/json' };
    const answer = await fetch(`${to.url}/${job}/${job}.${node}.json`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
  }

  beforeAll(async () => {
    receiver = await started({});
    names = { 'X-API-Key': await receiver.addKey('names', 'read:names') };
    cluster = { 'X-API-Key': await receiver.addKey('hpc1', 'write:hpc1') };
  });
  afterAll(() => receiver.remove());

  const job = (id: string, headers: Record<string, string>) => receiver.send(`/api/v1/jobs/${id}`, { headers });
  const query = (text: string, headers = alice) => receiver.send(`/api/v1/usage/query?${text}`, { headers });

  describe('such a user', () => {
    test('sees the own jobs by user, and a page of them', async () => {
      const { body } = await query('axis=submitted&by=user');
      expect(body).toMatchObject({ total: { jobs: 2 }, groups: [{ name: 'alice', total: { jobs: 2 } }] });
      const page = await receiver.send('/api/v1/usage/page?axis=submitted&user=alice', { headers: alice });
      expect(page.body.usage).toMatchObject({ total: { jobs: 2 } });
    });

    test('is refused the jobs of another in the same words as those of nobody', async () => {
      const [bob, nobody, both] = [
        await query('user=bob'),
        await query('user=nobody'),
        await query('user=alice&user=bob'),
      ];
      expect(bob).toMatchObject({ status: 403, body: { error: 'User alice lacks the scope read:names; it has read' } });
      expect([nobody.body, both.body]).toEqual([bob.body, bob.body]);
    });

    test('sees the own name in a list of jobs, and may ask for the own ones', async () => {
      const list = async (more: Json) => {
        const init = { method: 'POST', headers: { ...alice, 'Content-Type': 'application/json' } };
        const body = JSON.stringify({ hostname: 'hpc1', ...more });
        return receiver.send('/api/dashboard/filter', { ...init, body });
      };
      const users = ({ body }: { body: Json }) => (body.data as Json[]).map(({ User }) => User);
      expect(users(await list({}))).toEqual(['alice', null, null, null, 'alice']);
      expect(users(await list({ users: ['alice'] }))).toEqual(['alice', 'alice']);
      expect((await list({ users: ['bob'] })).status).toBe(403);
    });

    test('sees all runs of an own job, and what its processes used', async () => {
      const { status, body } = await job('hpc1/1', alice);
      expect(status).toBe(200);
      expect(body.runs).toMatchObject([
        { job_id: '1', user: 'alice', state: 'NODE_FAIL', submit: '2026-11-20T10:00:00Z', wait_hours: 5 / 60 },
        { job_id: '1', user: 'alice', state: 'COMPLETED', start: '2026-11-20T10:10:00Z', cpus: 4, nodes: 2 },
      ]);
      expect(body.measured).toMatchObject({
        software: [{ path: '/home/alice/bin/solve', user_seconds: 5000 }, { path: '/usr/bin/python3.11' }],
        cpu_seconds: 6000,
        // Four CPUs for 50 minutes.
        allocated_cpu_seconds: 12_000,
        cpu_percent: 50,
        nodes: [
          {
            node: 'c001',
            cpu_seconds: 5040,
            memory_peak: 3 * 1024 ** 3,
            memory_average: 2147483648.5,
            memory_limit: null,
          },
          { node: 'c002', cpu_seconds: 960, gpus: [{ index: '0', utilisation_percent: 61.5, power_watts: null }] },
        ],
      });
    });

    test('cannot tell the job of another from one that does not exist, on any cluster', async () => {
      const answers = [await job('hpc1/2', alice), await job('hpc1/99', alice), await job('nowhere/2', alice)];
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
      const words = answers.map(({ body }) => String(body.error).replace(/job \S+ on \S+/, 'X'));
      expect(words).toEqual(words.map(() => 'There is no X that you may see'));
      expect((await receiver.send('/api/v1/jobs/hpc1/2/software', { headers: alice })).status).toBe(403);
    });
  });

  test('a client with read:names sees every job, and the tasks of an array by its number', async () => {
    expect((await job('hpc1/2', names)).body).toMatchObject({
      runs: [{ user: 'bob' }],
      measured: { software: [{ path: '/home/bob/bin/secret' }] },
    });
    const { body } = await job('hpc1/7', names);
    expect(body).toMatchObject({ runs: [{ job_id: '7[1].pbs01' }, { job_id: '7[2].pbs01' }], measured: null });
    expect((await job('hpc1/7[2].pbs01', names)).body.runs).toHaveLength(1);
  });

  test('the key of a cluster sees no job with its user, and of other clusters nothing at all', async () => {
    const [own, foreign, none] = [
      await job('hpc1/1', cluster),
      await job('hpc2/3', cluster),
      await job('hpc9/3', cluster),
    ];
    expect(own).toMatchObject({ status: 403, body: { error: expect.stringContaining('lacks the scope read:names') } });
    expect([foreign.body, none.body]).toEqual([own.body, own.body]);
  });

  test('nobody sees a job without a login', async () => {
    expect((await job('hpc1/1', {})).status).toBe(401);
  });

  describe('with pseudonyms', () => {
    let anonymised: IngestReceiver;
    beforeAll(async () => {
      anonymised = await started({ anonymisesUsers: true });
    });
    afterAll(() => anonymised.remove());

    test('a client with read:names sees a pseudonym, and no directories of programs', async () => {
      const headers = { 'X-API-Key': await anonymised.addKey('names', 'read:names') };
      const { body } = await anonymised.send('/api/v1/jobs/hpc1/1', { headers });
      expect(body.runs).toMatchObject([{ user: expect.stringMatching(/^user-[0-9a-f]{12}$/) }, {}]);
      expect(body.measured).toMatchObject({ software: [{ path: 'solve' }, { path: 'python3.11' }] });
      expect(JSON.stringify(body)).not.toContain('alice');
    });

    test('a user still sees the own name and programs', async () => {
      const { body } = await anonymised.send('/api/v1/jobs/hpc1/1', { headers: alice });
      expect(body).toMatchObject({
        runs: [{ user: 'alice' }, {}],
        measured: { software: [{ path: '/home/alice/bin/solve' }, {}] },
      });
    });
  });
});
