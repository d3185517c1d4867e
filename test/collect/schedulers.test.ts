/** PBS and Slurm: the same cluster gives the same snapshot. */

import { describe, expect, test } from 'bun:test';
import type { BatchSystem } from '../../src/config/system.ts';
import type { Executor } from '../../src/exec/command.ts';
import { snapshotOf } from '../support/collected.ts';
import { answering, exited, overlaid } from '../support/executors.ts';
import { pbsOf, type Scenario, slurmOf } from '../support/scenario.ts';
import { systemOf } from '../support/systems.ts';

const settings = {
  queues: ['main', 'gpu', 'unused'],
  node_rules: [
    { when: { resources: { gpu_type: 'l40' } }, class: 'viz', type: 'gpu-l40' },
    { when: { resources: { gpu_type: 'a100', ngpus: { at_least: 8 } } }, class: 'gpu', type: 'gpu-a100-8way' },
    { when: { resources: { ngpus: { at_least: 1 } } }, class: 'gpu', type: 'gpu-other' },
    { when: { memory_gib_at_least: 512 }, class: 'cpu', type: 'bigmem' },
    { class: 'cpu', type: 'standard' },
  ],
  node_types: { bigmem: { cores_per_node: 64, memory_gb_per_node: 1024 } },
};

const scenario: Scenario = {
  nodes: [
    { name: 'c1', is: 'idle', cpus: [0, 64], memoryGib: [0, 256] },
    { name: 'c2', is: 'partly used', cpus: [10, 64], memoryGib: [20, 256] },
    { name: 'c3', is: 'full', cpus: [64, 64], memoryGib: [256, 256] },
    { name: 'c4', is: 'drained', cpus: [0, 64], memoryGib: [0, 256] },
    { name: 'c5', is: 'draining', cpus: [64, 64], memoryGib: [100, 256] },
    { name: 'c6', is: 'down', cpus: [0, 64], memoryGib: [0, 256] },
    { name: 'c7', is: 'reserved', cpus: [0, 64], memoryGib: [0, 256] },
    { name: 'm1', is: 'idle', cpus: [0, 64], memoryGib: [0, 1024] },
    { name: 'g1', is: 'partly used', cpus: [4, 32], memoryGib: [64, 512], gpus: { type: 'a100', count: [3, 8] } },
    { name: 'g2', is: 'reserved', cpus: [0, 32], memoryGib: [0, 512], gpus: { type: 'v100', count: [0, 4] } },
    { name: 'g3', is: 'drained', cpus: [0, 32], memoryGib: [0, 512], gpus: { type: 'a100', count: [0, 8] } },
    { name: 'v1', is: 'full', cpus: [16, 16], memoryGib: [32, 64], gpus: { type: 'l40', count: [2, 2] } },
  ],
  jobs: [
    { id: 1, is: 'running', user: 'ada', account: 'chem', queue: 'main', cpus: 64, nodes: ['c3'] },
    { id: 2, is: 'running', user: 'ada', account: 'chem', queue: 'main', cpus: 70, nodes: ['c2', 'c5'] },
    { id: 3, is: 'running', user: 'ada', account: 'phys', queue: 'main', cpus: 4, nodes: ['c2'] },
    { id: 4, is: 'running', user: 'bob', account: null, queue: 'gpu', cpus: 4, gpus: 3, nodes: ['g1'] },
    { id: 5, is: 'running', user: 'bob', account: 'phys', queue: 'viz', cpus: 16, gpus: 2, nodes: ['v1'] },
    { id: 6, is: 'pending', user: 'bob', account: 'phys', queue: 'gpu', cpus: 8, gpus: 8 },
    { id: 7, is: 'held', user: 'cid', account: 'phys', queue: 'main', cpus: 2 },
    { id: 8, is: 'ending', user: 'dot', account: 'chem', queue: 'main', cpus: 2 },
    { id: 9, is: 'array', user: 'cid', account: 'chem', queue: 'main', cpus: 1, nodes: ['c2', 'c5'], waiting: 40 },
    {
      id: 10,
      is: 'array',
      user: 'cid',
      account: 'chem',
      queue: 'gpu',
      cpus: 1,
      gpus: 1,
      nodes: [],
      waiting: 7,
      held: true,
    },
  ],
  queues: [
    { name: 'main', enabled: true, started: true },
    { name: 'gpu', enabled: true, started: false },
    { name: 'viz', enabled: false, started: true },
    { name: 'old', enabled: false, started: false },
  ],
  reservations: [
    { name: 'course', start: new Date('2026-12-01T08:00:00Z'), end: new Date('2026-12-01T12:00:00Z'), nodes: 2 },
    { name: 'outage', start: new Date('2027-03-28T00:30:00Z'), end: new Date('2027-03-28T06:00:00Z'), nodes: 12 },
  ],
};

const nothing: Scenario = {
  nodes: [{ name: 'c1', is: 'idle', cpus: [0, 8], memoryGib: [0, 16] }],
  jobs: [],
  queues: [{ name: 'main', enabled: true, started: true }],
  reservations: [],
};

type Scheduler = { readonly name: 'pbs' | 'slurm'; readonly system: BatchSystem; of(scenario: Scenario): Executor };
const schedulers: readonly Scheduler[] = [
  { name: 'pbs', system: systemOf('twin', settings), of: pbsOf },
  { name: 'slurm', system: systemOf('twin', { ...settings, scheduler: 'slurm' }), of: slurmOf },
];

/** What a scheduler calls its reservations by itself is its own; their names are people's. */
async function payloadOf({ system, of }: Scheduler, what: Scenario) {
  const { payload, failedProbes, dropped } = await snapshotOf(system, of(what));
  expect({ failedProbes, dropped }).toEqual({ failedProbes: [], dropped: [] });
  return { ...payload, reservations: payload.reservations?.map(({ description: _, ...rest }) => rest) };
}

describe.each(schedulers)('$name', (scheduler) => {
  test('counts nodes by class and state, cores, GPUs and memory', async () => {
    expect(await payloadOf(scheduler, scenario)).toMatchObject({
      cpu_nodes_total: 8,
      cpu_nodes_available: 3,
      cpu_nodes_down: 3,
      cpu_nodes_reserved: 1,
      gpu_nodes_total: 3,
      gpu_nodes_available: 1,
      gpu_nodes_down: 1,
      gpu_nodes_reserved: 1,
      viz_nodes_total: 1,
      viz_nodes_available: 0,
      compute_nodes_total: 12,
      compute_nodes_available: 4,
      compute_nodes_down: 4,
      cpu_cores_total: 624,
      cpu_cores_allocated: 158,
      cpu_cores_idle: 306,
      gpu_count_total: 20,
      gpu_count_allocated: 3,
      gpu_count_idle: 9,
      viz_count_total: 2,
      viz_count_allocated: 2,
      memory_total_gb: 4416,
      memory_allocated_gb: 472,
      node_types: [
        { node_type: 'gpu-l40', nodes_total: 1, nodes_allocated: 1, utilization_percent: 100, gpu_model: 'l40' },
        { node_type: 'gpu-a100-8way', nodes_total: 2, nodes_down: 1, utilization_percent: 18.75, gpus_per_node: 8 },
        { node_type: 'gpu-other', nodes_total: 1 },
        { node_type: 'bigmem', nodes_total: 1, nodes_available: 1, cores_per_node: 64, memory_gb_per_node: 1024 },
        {
          node_type: 'standard',
          nodes_total: 7,
          nodes_down: 3,
          nodes_allocated: 1,
          cores_per_node: 64,
          memory_gb_per_node: 256,
          memory_utilization_percent: 20.98,
        },
      ],
    });
  });

  test('counts jobs, users, queues and shares; an array by its tasks, one that is ending nowhere', async () => {
    const payload = await payloadOf(scheduler, scenario);
    expect(payload).toMatchObject({ running_jobs: 7, pending_jobs: 41, held_jobs: 8, active_users: 4 });
    const queueOf = (name: string) => payload.queues.find(({ queue_name }) => queue_name === name);
    expect(queueOf('main')).toMatchObject({
      running_jobs: 5,
      pending_jobs: 40,
      held_jobs: 1,
      cores_allocated: 140,
      cores_pending: 40,
      nodes_allocated: 3,
      active_users: 3,
    });
    expect(queueOf('gpu')).toMatchObject({ gpus_allocated: 3, gpus_pending: 8, gpus_held: 7, held_jobs: 7 });
    // It is configured and does not exist.
    expect(queueOf('unused')).toBeUndefined();
    expect(
      payload.user_project_queues.find(({ username, queue_name }) => username === 'cid' && queue_name === 'main'),
    ).toMatchObject({ project_code: 'phys', held_jobs: 1 });
    expect(payload.user_project_queues.find(({ username }) => username === 'bob')).toMatchObject({
      project_code: '_unknown_',
      nodes_allocated: 1,
    });
  });

  test('names queues and reservations', async () => {
    expect(await payloadOf(scheduler, scenario)).toMatchObject({
      queue_definitions: [
        { queue_name: 'main', queue_type: 'Execution', enabled: true, started: true, total_jobs: 46 },
        { queue_name: 'gpu', enabled: true, started: false, total_jobs: 9 },
        { queue_name: 'viz', enabled: false, started: true, total_jobs: 1 },
        { queue_name: 'old', enabled: false, started: false, total_jobs: 0 },
      ],
      reservations: [
        { reservation_name: 'course', start_time: '2026-12-01T08:00:00.000', node_count: 2, partition: null },
        { reservation_name: 'outage', start_time: '2027-03-28T00:30:00.000', end_time: '2027-03-28T06:00:00.000' },
      ],
    });
  });

  test('if idle, reports no jobs and no failed probe', async () => {
    expect(await payloadOf(scheduler, nothing)).toMatchObject({
      running_jobs: 0,
      active_users: 0,
      cpu_nodes_available: 1,
    });
  });

  test('if it hides its jobs, has a failed probe and not zero jobs', async () => {
    const { failedProbes, lines } = await snapshotOf(
      scheduler.system,
      overlaidJobs(scheduler.of(scenario), scheduler.of(nothing)),
    );
    expect(failedProbes).toEqual(['jobs']);
    expect(lines.join('\n')).toContain("may this user see other users' jobs");
  });

  test('loses only the data of a command that fails', async () => {
    const down = { ending: exited(1, 'server is down\n') };
    const executor = overlaid(scheduler.of(scenario), {
      'pbs_rstat -f': down,
      'env SLURM_TIME_FORMAT=%s scontrol --oneliner show reservation': down,
    });
    const { payload, failedProbes, lines } = await snapshotOf(scheduler.system, executor);
    expect(failedProbes).toEqual(['reservations']);
    expect(payload).not.toHaveProperty('reservations');
    expect(payload.running_jobs).toBe(7);
    expect(lines.join('\n')).toContain('exited with 1: server is down');
  });
});

/** One executor's jobs with the rest of another's. */
function overlaidJobs(below: Executor, jobs: Executor): Executor {
  return {
    start(command) {
      const words = command.argv.join(' ');
      return (words === 'qstat -f -F json' || words.includes('squeue') ? jobs : below).start(command);
    },
  };
}

test('if Slurm does not list its jobs, the job counts of partitions are absent and not zero', async () => {
  const down = { ending: exited(1, 'slurm_load_jobs error\n') };
  for (const { name, system, of } of schedulers) {
    const { payload, failedProbes } = await snapshotOf(
      system,
      overlaidJobs(
        of(scenario),
        answering(() => down),
      ),
    );
    expect(failedProbes).toEqual(['jobs']);
    expect(payload.queue_definitions?.length).toBe(name === 'pbs' ? 4 : undefined);
  }
});

test('PBS and Slurm give the same snapshot of the same cluster', async () => {
  const [one, other] = await Promise.all(schedulers.map((scheduler) => payloadOf(scheduler, scenario)));
  expect(one as unknown).toEqual(other);
});
