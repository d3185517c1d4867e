/** What a real Slurm said, read by us and counted another way from what it said in other words at the same time. */

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { recordingOf, snapshotOf } from '../support/collected.ts';
import { fixtures, systemOf } from '../support/systems.ts';

const asked = (file: string) => readFileSync(join(fixtures, 'slurm/asked-otherwise', file), 'utf8');

const { nodes } = z
  .object({
    nodes: z.array(
      z.object({
        name: z.string(),
        state: z.string(),
        state_flags: z.array(z.string()),
        cpus: z.number(),
        alloc_cpus: z.number(),
        real_memory: z.number(),
        alloc_memory: z.number(),
        tres: z.string(),
        tres_used: z.string().nullable(),
      }),
    ),
  })
  .parse(JSON.parse(asked('sinfo.json')));

const { jobs } = z
  .object({
    jobs: z.array(
      z.object({
        array_task_string: z.string(),
        name: z.string(),
        job_state: z.string(),
        state_reason: z.string(),
        user_name: z.string(),
        account: z.string(),
        partition: z.string(),
        cpus: z.number(),
        tres_req_str: z.string(),
        gres_detail: z.array(z.string()),
        job_resources: z.object({ allocated_nodes: z.array(z.object({ nodename: z.string() })).optional() }).nullish(),
      }),
    ),
  })
  .parse(JSON.parse(asked('squeue.json')));

const sum = <T>(all: readonly T[], amount: (one: T) => number) => all.reduce((total, one) => total + amount(one), 0);
const gpusIn = (tres: string | null) => Number(/gres\/gpu=(\d+)/.exec(tres ?? '')?.[1] ?? 0);
const rounded = (value: number) => Math.round(value * 100) / 100;

/** `heldarr` was submitted as `--array=1,3,5,7,9,20-140:2`; the JSON cuts it. */
const tasks = (job: (typeof jobs)[number]) => {
  const list = job.array_task_string;
  return list === '' ? 1 : list === '3-20%2' ? 18 : job.name === 'heldarr' ? 5 + 61 : Number.NaN;
};
const isHeld = (job: (typeof jobs)[number]) => job.state_reason.startsWith('JobHeld');
const stateOf = (job: (typeof jobs)[number]) =>
  job.job_state === 'PENDING' ? (isHeld(job) ? 'held' : 'pending') : job.job_state.toLowerCase();
const gpusOf = (job: (typeof jobs)[number]) =>
  job.job_state === 'RUNNING'
    ? sum(job.gres_detail.join(' ').match(/:\d+(?=\(IDX)/g) ?? [], (count) => Number(count.slice(1)))
    : gpusIn(job.tres_req_str);

function countersOf(some: typeof jobs) {
  const of = (state: string) => some.filter((job) => stateOf(job) === state);
  const cores = (state: string) => sum(of(state), (job) => tasks(job) * job.cpus);
  const gpus = (state: string) => sum(of(state), (job) => tasks(job) * gpusOf(job));
  const hosts = of('running').flatMap((job) => job.job_resources?.allocated_nodes?.map((node) => node.nodename) ?? []);
  return {
    running_jobs: sum(of('running'), tasks),
    pending_jobs: sum(of('pending'), tasks),
    held_jobs: sum(of('held'), tasks),
    cores_allocated: cores('running'),
    gpus_allocated: gpus('running'),
    nodes_allocated: new Set(hosts).size,
    cores_pending: cores('pending'),
    gpus_pending: gpus('pending'),
    cores_held: cores('held'),
    gpus_held: gpus('held'),
  };
}
const usersOf = (some: typeof jobs) => new Set(some.map((job) => job.user_name)).size;

const system = systemOf('farm', {
  scheduler: 'slurm',
  queues: ['compute', 'empty'],
  mounts: { scratch: '/' },
  filesystems: ['scratch'],
});
const { payload, failedProbes, lines } = await snapshotOf(system, recordingOf('slurm'));

test('all of it is read, and the version is reported', () => {
  expect(failedProbes).toEqual([]);
  expect(lines.join('\n')).toContain('Scheduler: slurm-wlm 22.05.8');
});

test('the recording has the cases that are hard to count', () => {
  expect(jobs.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['a|b|c', 'it\'s "quoted", isn\'t it', 'new\nline 9_[1-5]\u001fx', 'het.sh']),
  );
  expect(new Set(nodes.flatMap(({ state, state_flags }) => [state, ...state_flags]))).toEqual(
    new Set('idle mixed down DRAIN RESERVED MAINTENANCE NOT_RESPONDING PLANNED'.split(' ')),
  );
});

test('nodes by class and state', () => {
  const isDown = ({ state, state_flags }: (typeof nodes)[number]) =>
    state === 'down' || state_flags.some((flag) => ['DRAIN', 'FAIL', 'NOT_RESPONDING'].includes(flag));
  const isReserved = (node: (typeof nodes)[number]) =>
    !isDown(node) && node.state_flags.some((flag) => ['RESERVED', 'MAINTENANCE'].includes(flag));
  const isAvailable = (node: (typeof nodes)[number]) =>
    !isDown(node) && !isReserved(node) && ['idle', 'mixed'].includes(node.state);
  for (const [name, ofClass] of [
    ['gpu', nodes.filter(({ tres }) => gpusIn(tres) > 0)],
    ['cpu', nodes.filter(({ tres }) => gpusIn(tres) === 0)],
  ] as const) {
    expect(payload).toMatchObject({
      [`${name}_nodes_total`]: ofClass.length,
      [`${name}_nodes_available`]: ofClass.filter(isAvailable).length,
      [`${name}_nodes_down`]: ofClass.filter(isDown).length,
      [`${name}_nodes_reserved`]: ofClass.filter(isReserved).length,
    });
  }
  expect(payload).toMatchObject({ cpu_nodes_total: 7, cpu_nodes_down: 3, cpu_nodes_reserved: 2, gpu_nodes_total: 3 });
});

test('cores, GPUs and memory', () => {
  expect(payload).toMatchObject({
    cpu_cores_total: sum(nodes, ({ cpus }) => cpus),
    cpu_cores_allocated: sum(nodes, ({ alloc_cpus }) => alloc_cpus),
    gpu_count_total: sum(nodes, ({ tres }) => gpusIn(tres)),
    gpu_count_allocated: sum(nodes, ({ tres_used }) => gpusIn(tres_used)),
    memory_total_gb: rounded(sum(nodes, ({ real_memory }) => real_memory) / 1024),
    memory_allocated_gb: rounded(sum(nodes, ({ alloc_memory }) => alloc_memory) / 1024),
  });
  expect(payload.gpu_count_total).toBe(11);
});

test('jobs and users', () => {
  const { running_jobs, pending_jobs, held_jobs } = countersOf(jobs);
  expect(payload).toMatchObject({ running_jobs, pending_jobs, held_jobs, active_users: usersOf(jobs) });
  expect([running_jobs, pending_jobs, held_jobs]).toEqual([9, 22, 68]);
});

test('every partition that has jobs or is configured; a job that waits for two is in both', () => {
  const names = new Set(['compute', 'empty', ...jobs.flatMap(({ partition }) => partition.split(','))]);
  const expected = [...names].map((queue_name) => {
    const ofQueue = jobs.filter(({ partition }) => partition.split(',').includes(queue_name));
    return { queue_name, ...countersOf(ofQueue), active_users: usersOf(ofQueue) };
  });
  expect(payload.queues).toHaveLength(expected.length);
  expect(payload.queues).toEqual(expect.arrayContaining(expected));
});

describe('every user, account and partition', () => {
  const keyOf = (job: (typeof jobs)[number]) => [job.user_name, job.account, job.partition.split(',')[0]].join(' ');

  test('with the same counters', () => {
    const shares = payload.user_project_queues.map(({ username, project_code, queue_name, ...counters }) => [
      [username, project_code, queue_name].join(' '),
      counters,
    ]);
    const keys = new Set(jobs.map(keyOf));
    expect(new Map(shares as [string, object][])).toEqual(
      new Map([...keys].map((key) => [key, countersOf(jobs.filter((job) => keyOf(job) === key))])),
    );
  });

  test('add up to all jobs, though some wait for two partitions', () => {
    const total = sum(payload.user_project_queues, (row) => row.running_jobs + row.pending_jobs + row.held_jobs);
    expect(total).toBe(payload.running_jobs + payload.pending_jobs + payload.held_jobs);
  });
});

test('every partition, hidden, empty or out of use, with how many jobs it has', () => {
  const lets = new Map([
    ['UP', [true, true]],
    ['DOWN', [true, false]],
    ['DRAIN', [false, true]],
    ['INACTIVE', [false, false]],
  ]);
  const expected = asked('partitions.txt')
    .trim()
    .split('\n')
    .map((line) => {
      const queue_name = /^PartitionName=(\S+)/.exec(line)?.[1] ?? '';
      const [enabled, started] = lets.get(/ State=(\w+)/.exec(line)?.[1] ?? '') ?? [];
      const total_jobs = sum(
        jobs.filter(({ partition }) => partition.split(',').includes(queue_name)),
        tasks,
      );
      return { queue_name, queue_type: 'Execution', enabled, started, total_jobs };
    });
  expect(payload.queue_definitions as unknown).toEqual(expected);
  expect(asked('partitions.txt')).toContain('Hidden=YES');
});

test('every reservation, with its times in UTC', () => {
  const expected = [
    ...asked('reservations.txt').matchAll(
      /ReservationName=(\S+) StartTime=(\S+) EndTime=(\S+)[\s\S]*?NodeCnt=(\d+)[\s\S]*?PartitionName=(\S+)/g,
    ),
  ].map(([, name, start, end, count, partition]) => ({
    system_name: 'farm',
    reservation_name: name,
    description: name,
    start_time: `${start}.000`,
    end_time: `${end}.000`,
    node_count: Number(count),
    partition: partition === '(null)' ? null : partition,
  }));
  expect(expected).toHaveLength(3);
  expect(payload.reservations as unknown).toEqual(expected);
});
