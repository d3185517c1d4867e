/** How jobs and nodes add up, on the smallest systems that show it. */

import { describe, expect, test } from 'bun:test';
import type { System } from '../../src/config/system.ts';
import { addJob, emptyJobs, type JobRollup } from '../../src/snapshot/jobs.ts';
import { buildPayload } from '../../src/snapshot/payload.ts';
import { snapshotOf } from '../support/collected.ts';
import { answering } from '../support/executors.ts';
import { asCluster, plainSystem } from '../support/systems.ts';

const tiny = plainSystem('tiny');

type Fields = Record<string, unknown>;
const job = (fields: Fields = {}) => ({
  Job_Owner: 'ada@login1',
  job_state: 'R',
  queue: 'q',
  Account_Name: 'P1',
  exec_host: 'n1/0*4',
  Resource_List: { ncpus: 4, ngpus: 1 },
  ...fields,
});
const node = (fields: Fields = {}) => ({
  state: 'free',
  resources_available: { ncpus: 8, ngpus: 0, mem: '16gb' },
  resources_assigned: {},
  ...fields,
});

/** The snapshot of a system with these jobs and nodes. */
async function snapshotWith(jobs: Record<string, Fields>, nodes: Record<string, Fields> = {}, system: System = tiny) {
  const document = (section: string, records: object) => ({
    stdout: JSON.stringify({ pbs_version: '1', ...(Object.keys(records).length > 0 ? { [section]: records } : {}) }),
  });
  return snapshotOf(
    system,
    answering(({ argv }) => {
      if (argv[0] === 'pbsnodes') return document('nodes', nodes);
      if (argv[0] === 'pbs_rstat') return {};
      return argv.includes('-Q') || argv.includes('-Qa') ? document('Queue', {}) : document('Jobs', jobs);
    }),
  );
}

describe('jobs by state', () => {
  test.each([
    ['R', [1, 0, 0]],
    ['Q', [0, 1, 0]],
    ['H', [0, 0, 1]],
    ['B', [0, 0, 0]],
    ['E', [0, 0, 0]],
    ['S', [0, 0, 0]],
    ['T', [0, 0, 0]],
    ['U', [0, 0, 0]],
    ['W', [0, 0, 0]],
    ['X', [0, 0, 0]],
  ])('%s counts as running, pending, held: %p; its owner is active', async (job_state, expected) => {
    const { payload } = await snapshotWith({ '1.s': job({ job_state }) });
    expect([payload.running_jobs, payload.pending_jobs, payload.held_jobs]).toEqual(expected);
    expect(payload.active_users).toBe(1);
    expect(payload.queues).toMatchObject([{ queue_name: 'q', active_users: 1 }]);
  });

  test('allocated, pending and held cores and GPUs are of jobs in that state', async () => {
    const states = ['R', 'R', 'Q', 'H', 'S'].map((job_state, index) => [`${index}.s`, job({ job_state })] as const);
    const { payload } = await snapshotWith(Object.fromEntries(states));
    expect(payload.queues).toEqual([
      {
        queue_name: 'q',
        running_jobs: 2,
        pending_jobs: 1,
        held_jobs: 1,
        active_users: 1,
        cores_allocated: 8,
        gpus_allocated: 2,
        nodes_allocated: 1,
        cores_pending: 4,
        gpus_pending: 1,
        cores_held: 4,
        gpus_held: 1,
      },
    ]);
  });
});

describe('an array', () => {
  const array = (job_state: string, array_state_count: string) =>
    job({ job_state, array_state_count, exec_host: undefined });

  test.each([
    ['B', 'Queued:11 Running:6 Exiting:0 Expired:3 ', [6, 11, 0], [24, 44, 0]],
    ['Q', 'Queued:11 Running:0 Exiting:0 Expired:0', [0, 11, 0], [0, 44, 0]],
    ['H', 'Queued:11 Running:2 Exiting:0 Expired:0', [2, 0, 11], [8, 0, 44]],
    ['B', '', [0, 0, 0], [0, 0, 0]],
  ])('in state %s counts by its subjobs: %s', async (state, count, jobs, cores) => {
    const { payload } = await snapshotWith({ '7[].s': array(state, count) });
    expect([payload.running_jobs, payload.pending_jobs, payload.held_jobs]).toEqual(jobs);
    const [queue] = payload.queues;
    expect([queue?.cores_allocated, queue?.cores_pending, queue?.cores_held]).toEqual(cores);
  });

  test('has its nodes from the nodes that run its subjobs', async () => {
    const { payload } = await snapshotWith(
      { '7[].s': array('B', 'Queued:0 Running:3'), '70.s': job({ exec_host: 'n2/0', queue: 'other' }) },
      {
        n1: node({ jobs: ['7[1].s', '7[2].s'] }),
        n2: node({ jobs: ['7[3].s', '70.s'] }),
        n3: node({ jobs: ['77[1].s'] }),
      },
    );
    expect(payload.queues.map(({ queue_name, nodes_allocated }) => [queue_name, nodes_allocated])).toEqual([
      ['q', 2],
      ['other', 1],
    ]);
  });

  test('with other jobs on the same nodes does not count a node twice', async () => {
    const { payload } = await snapshotWith(
      { '7[].s': array('B', 'Queued:0 Running:1'), '8.s': job({ exec_host: 'n1/1' }) },
      { n1: node({ jobs: ['7[1].s', '8.s', '8.s'] }) },
    );
    expect(payload.queues).toMatchObject([{ nodes_allocated: 1 }]);
    expect(payload.user_project_queues).toMatchObject([{ nodes_allocated: 1 }]);
  });
});

describe('nodes of jobs', () => {
  test('are counted once, however many jobs share them', async () => {
    const { payload } = await snapshotWith({
      '1.s': job({ exec_host: 'n1/0*4+n2/0*4+n1/1' }),
      '2.s': job({ exec_host: 'n2/1+n3/0' }),
    });
    expect(payload.queues).toMatchObject([{ nodes_allocated: 3 }]);
  });

  test('are not those of jobs that no longer run', async () => {
    const { payload } = await snapshotWith({ '1.s': job({ job_state: 'S' }), '2.s': job({ job_state: 'E' }) });
    expect(payload.queues).toMatchObject([{ nodes_allocated: 0, running_jobs: 0 }]);
  });
});

describe('users, projects and queues of jobs', () => {
  test.each([
    ['P1', 'other', 'P1'],
    [undefined, 'other', 'other'],
    ['', 'other', 'other'],
    [undefined, '_pbs_project_default', '_unknown_'],
    [undefined, undefined, '_unknown_'],
  ])('account %p, project %p: %p', async (Account_Name, project, expected) => {
    const { payload } = await snapshotWith({ '1.s': job({ Account_Name, project }) });
    expect(payload.user_project_queues).toMatchObject([{ username: 'ada', project_code: expected, queue_name: 'q' }]);
  });

  test('each user, project and queue has a row', async () => {
    const { payload } = await snapshotWith({
      '1.s': job(),
      '2.s': job(),
      '3.s': job({ queue: 'r' }),
      '4.s': job({ Account_Name: 'P2' }),
      '5.s': job({ Job_Owner: 'bob' }),
    });
    const rows = payload.user_project_queues.map((row) => [
      row.username,
      row.project_code,
      row.queue_name,
      row.running_jobs,
    ]);
    expect(rows).toEqual([
      ['ada', 'P1', 'q', 2],
      ['ada', 'P1', 'r', 1],
      ['ada', 'P2', 'q', 1],
      ['bob', 'P1', 'q', 1],
    ]);
    expect(payload.active_users).toBe(2);
  });
});

describe('names longer than the API takes', () => {
  const long = (length: number, end: string) => 'x'.repeat(length) + end;

  test('are cut, and rows that are then the same are added up', async () => {
    const { payload, dropped } = await snapshotWith({
      '1.s': job({ Account_Name: long(16, 'A') }),
      '2.s': job({ Account_Name: long(16, 'B') }),
      '3.s': job({ Job_Owner: `${long(32, 'A')}@h`, queue: long(32, 'A') }),
      '4.s': job({ Job_Owner: `${long(32, 'B')}@h`, queue: long(32, 'B') }),
    });
    expect(dropped).toEqual([]);
    expect(
      payload.user_project_queues.map((row) => [
        row.username.length,
        row.project_code.length,
        row.queue_name.length,
        row.running_jobs,
        row.cores_allocated,
      ]),
    ).toEqual([
      [3, 16, 1, 2, 8],
      [32, 2, 32, 2, 8],
    ]);
    expect(payload.queues.map(({ queue_name, running_jobs }) => [queue_name.length, running_jobs])).toEqual([
      [1, 2],
      [32, 2],
    ]);
  });

  test('are not cut within a character, and have no control characters', async () => {
    const { payload } = await snapshotWith({ '1.s': job({ Account_Name: `a\u0000\u001b\u0085${'x'.repeat(14)}🚧` }) });
    expect(payload.user_project_queues.map(({ project_code }) => project_code)).toEqual([`a${'x'.repeat(14)}`]);
  });
});

describe('numbers that the API cannot hold', () => {
  test('drop the row they are in, and are named', async () => {
    const { payload, dropped } = await snapshotWith({
      '1[].s': job({ job_state: 'B', array_state_count: 'Queued:0 Running:999999', Resource_List: { ncpus: 99999 } }),
      '2.s': job({ queue: 'r' }),
    });
    expect(payload.queues.map(({ queue_name }) => queue_name)).toEqual(['r']);
    expect(payload.user_project_queues).toHaveLength(1);
    expect(dropped).toHaveLength(2);
    expect(dropped.join('\n')).toContain('queues.0 (');
  });
});

describe('nodes', () => {
  const assigned = { ncpus: 2, mem: '4gb' };

  test.each([
    ['free', { available: 1, down: 0, reserved: 0 }, { idle: 6 }],
    ['job-busy', { available: 0, down: 0, reserved: 0 }, { idle: 6 }],
    ['resv-exclusive', { available: 0, down: 0, reserved: 1 }, { idle: 6 }],
    ['offline', { available: 0, down: 1, reserved: 0 }, { idle: 0 }],
    ['offline,job-busy', { available: 0, down: 1, reserved: 0 }, { idle: 0 }],
    ['maintenance', { available: 0, down: 0, reserved: 1 }, { idle: 0 }],
    ['busy', { available: 0, down: 0, reserved: 0 }, { idle: 0 }],
  ])('%s: in the total always; cores of a node that takes no jobs are not idle', async (state, counts, { idle }) => {
    const { payload } = await snapshotWith({}, { n1: node({ state, resources_assigned: assigned }) });
    expect(payload).toMatchObject({
      cpu_nodes_total: 1,
      cpu_nodes_available: counts.available,
      cpu_nodes_down: counts.down,
      cpu_nodes_reserved: counts.reserved,
      cpu_cores_total: 8,
      cpu_cores_allocated: 2,
      cpu_cores_idle: idle,
      cpu_utilization_percent: 25,
      memory_total_gb: 16,
      memory_allocated_gb: 4,
      memory_utilization_percent: 25,
    });
  });

  test('cores of GPU nodes are among the cores', async () => {
    const gpu = node({ resources_available: { ncpus: 64, ngpus: 4, mem: '512gb' }, resources_assigned: { ngpus: 3 } });
    const { payload } = await snapshotWith({}, { n1: node(), g1: gpu });
    expect(payload).toMatchObject({
      cpu_nodes_total: 1,
      gpu_nodes_total: 1,
      cpu_cores_total: 72,
      gpu_count_total: 4,
      gpu_count_allocated: 3,
      gpu_count_idle: 1,
      gpu_utilization_percent: 75,
    });
  });

  test('with more assigned than they have are not less than idle, and over 100 % is dropped and named', async () => {
    const full = node({ resources_assigned: { ncpus: 16 } });
    const { payload, dropped } = await snapshotWith({}, { n1: full });
    expect(payload).toMatchObject({ cpu_cores_total: 8, cpu_cores_allocated: 16, cpu_cores_idle: 0 });
    expect(payload).not.toHaveProperty('cpu_utilization_percent');
    expect(dropped).toEqual([expect.stringMatching(/^cpu_utilization_percent \(200\): /)]);
  });

  test('give two decimals of GiB and percent', async () => {
    const thirds = node({
      resources_available: { ncpus: 3, mem: '1000000kb' },
      resources_assigned: { ncpus: 1, mem: '333333kb' },
    });
    const { payload } = await snapshotWith({}, { n1: thirds });
    expect(payload).toMatchObject({
      cpu_utilization_percent: 33.33,
      memory_total_gb: 0.95,
      memory_allocated_gb: 0.32,
      memory_utilization_percent: 33.33,
    });
  });

  test('of an empty list have no percentages', async () => {
    const { payload } = await snapshotWith({ '1.s': job() });
    expect(payload).toMatchObject({ cpu_nodes_total: 0, cpu_utilization_percent: null, gpu_utilization_percent: null });
  });
});

test('configured queues come first and always, others with their jobs', async () => {
  const system = plainSystem('tiny', { queues: ['main', 'q', 'main'] });
  const { payload } = await snapshotWith({ '1.s': job({ queue: 'extra' }), '2.s': job() }, {}, system);
  expect(payload.queues.map(({ queue_name, running_jobs }) => [queue_name, running_jobs])).toEqual([
    ['main', 0],
    ['q', 1],
    ['extra', 1],
  ]);
});

test.each([
  ['running', 'R'],
  ['pending', 'Q'],
  ['held', 'H'],
])('a user whose only job is %s has a row', async (name, job_state) => {
  const { payload } = await snapshotWith({ '1.s': job({ job_state }) });
  expect(payload.user_project_queues).toMatchObject([{ username: 'ada', [`${name}_jobs`]: 1 }]);
});

test('the cores of the jobs that occupy nodes are those of all jobs that neither wait nor are held', () => {
  const jobs = emptyJobs();
  const of = (running: number, pending: number, held: number, cores: number) =>
    addJob(jobs, {
      ...{ id: '1', user: 'ada', project: null, queues: ['q'], gpus: 0, hosts: [] },
      ...{ running, pending, held, cores },
    });
  expect(jobs.cores).toBe(0);
  of(1, 0, 0, 4);
  of(0, 1, 0, 100);
  of(0, 0, 1, 100);
  // An array with running and pending subjobs, and a job that ends.
  of(3, 2, 0, 10);
  of(0, 0, 0, 7);
  expect(jobs.cores).toBe(4 + 30 + 7);
});

test('the definition of a queue without a number has that of the listed jobs, and none if they are unknown', () => {
  const queue = { name: 'q', type: 'Execution', enabled: true, started: true, jobs: null };
  const other = { ...queue, name: 'r', jobs: 5 };
  const jobs = emptyJobs();
  addJob(jobs, {
    ...{ id: '1', user: 'ada', project: null, queues: ['q'], gpus: 0, hosts: [], cores: 1 },
    ...{ running: 1, pending: 0, held: 0 },
  });
  const nothingElse = { nodes: null, reservations: null, loginNodes: new Map(), filesystems: new Map() };
  const definitionsOf = (rollup: JobRollup | null) =>
    buildPayload(asCluster(tiny), { ...nothingElse, jobs: rollup, queues: [queue, other] }, new Date(), {})
      .queue_definitions;
  expect(definitionsOf(jobs)).toMatchObject([{ total_jobs: 1 }, { total_jobs: 5 }]);
  expect(definitionsOf(null)).toBeUndefined();
});
