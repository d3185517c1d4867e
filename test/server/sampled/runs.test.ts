/** The runs of a job beside what was sampled of it, in a whole answer. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { addUser } from '../../../src/server/auth/users.ts';
import { basic } from '../helper.ts';
import { type IngestReceiver, jobRecord, startIngest } from '../usage/helper.ts';

let receiver: IngestReceiver;
let key: string;
beforeAll(async () => {
  receiver = await startIngest();
  key = await receiver.addKey('nodes', 'write:hpc1');
  const jobs = [
    jobRecord({
      JobID: '5',
      State: 'NODE_FAIL',
      Start: '2026-11-20T09:00:00',
      End: '2026-11-20T09:30:00',
      Submit: '2026-11-20T08:00:00',
    }),
    jobRecord({ JobID: '5', AllocNodes: 2 }),
    jobRecord({
      JobID: '5.pbs01',
      User: 'bob',
      Start: null,
      End: null,
      State: 'PENDING',
      Submit: '2026-11-20T07:00:00',
    }),
    jobRecord({ JobID: '6' }),
  ];
  expect((await receiver.ingest({ hostname: 'hpc1', jobs })).status).toBe(200);
  const [from, to] = ['2026-11-20T10:05:05Z', '2026-11-20T11:00:10Z'].map((time) => Date.parse(time) / 1000);
  for (const [node, user] of [
    ['c001', 3000],
    ['c002', 600],
  ] as const) {
    const body = {
      'sams.sampler.Core': { jobid: 5, node },
      'sams.sampler.SlurmInfo': { username: 'alice' },
      'sams.sampler.Software': { execs: { '/bin/a': { user, system: 60 } }, start_time: from, end_time: to },
    };
    const headers = { 'X-API-Key': key, 'Content-Type': 'application/json' };
    const answer = await fetch(`${receiver.url}/5/5.${node}.json`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    expect([answer.status, await answer.text()]).toEqual([200, 'OK']);
  }
});
afterAll(() => receiver.remove());

const run = {
  ...{ job_id: '5', user: 'alice', account: 'physics', partition: 'compute', qos: 'normal', cpus: 4, gpus: 2 },
  ...{ node_list: 'c001', cpu_hours: 4, gpu_hours: 0.5 },
};
const runs = [
  {
    ...{ ...run, state: 'NODE_FAIL', nodes: 1, wait_hours: 1, elapsed_hours: 0.5 },
    ...{ submit: '2026-11-20T08:00:00Z', start: '2026-11-20T09:00:00Z', end: '2026-11-20T09:30:00Z' },
  },
  {
    ...{ ...run, state: 'COMPLETED', nodes: 2, wait_hours: 5 / 60, elapsed_hours: 55 / 60 },
    ...{ submit: '2026-11-20T10:00:00Z', start: '2026-11-20T10:05:00Z', end: '2026-11-20T11:00:00Z' },
  },
];
const memory = { memory_average: null, memory_peak: null, memory_limit: null, gpus: [] };
const measured = {
  software: [{ path: '/bin/a', user_seconds: 3600, system_seconds: 120 }],
  untracked: null,
  nodes: [
    { node: 'c001', cpu_seconds: 3060, ...memory },
    { node: 'c002', cpu_seconds: 660, ...memory },
  ],
  cpu_seconds: 3720,
  // Four CPUs for 55 minutes.
  allocated_cpu_seconds: 13_200,
  cpu_percent: expect.closeTo(28.18, 2),
};

test('a job has all its runs, and what its processes used', async () => {
  const { status, body } = await receiver.send('/api/v1/jobs/hpc1/5');
  const other = { job_id: '5.pbs01', user: 'bob', start: null, end: null, wait_hours: null, elapsed_hours: null };
  expect(status).toBe(200);
  expect(body).toEqual({
    ...{ cluster: 'hpc1', job_id: '5', measured },
    runs: [...runs, { ...run, ...other, state: 'PENDING', nodes: 1, submit: '2026-11-20T07:00:00Z' }],
  } as never);
});

test('a user sees the own runs and samples only', async () => {
  await addUser(receiver.database, 'alice', 'secret', ['read']);
  await addUser(receiver.database, 'bob', 'secret', ['read']);
  const ask = async (user: string, job: string) => {
    const headers = { Authorization: basic(user, 'secret') };
    const { status, body } = await receiver.send(`/api/v1/jobs/hpc1/${job}`, { headers });
    return [status, body];
  };
  expect(await ask('alice', '5')).toEqual([200, { cluster: 'hpc1', job_id: '5', runs, measured } as never]);
  expect(await ask('bob', '5')).toMatchObject([200, { runs: [{ user: 'bob' }], measured: null }]);
  expect(await ask('alice', '6')).toMatchObject([200, { runs: [{ job_id: '6' }], measured: null }]);
  expect(await ask('bob', '6')).toEqual([404, { error: 'There is no job 6 on hpc1 that you may see' }]);
});
