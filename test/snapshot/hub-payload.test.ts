import { expect, test } from 'bun:test';
import type { NodeTableRecord } from '../../src/lib/records.ts';
import { buildHubPayload } from '../../src/snapshot/hub-payload.ts';

const node = (rest: Partial<NodeTableRecord> = {}): NodeTableRecord => ({
  name: 'n1',
  stateText: 'free',
  state: 'available',
  jobs: 3,
  jobsRunning: 2,
  jobsSuspended: 1,
  memoryFreeGib: 10.4567,
  memoryGib: 30.1277,
  coresFree: 4,
  cores: 32,
  gpusFree: 1,
  gpus: 4,
  jobIds: '1.s,2.s',
  ...rest,
});

const payloadOf = (...nodes: readonly NodeTableRecord[]) =>
  buildHubPayload(
    'jupyterhub',
    { available: true, sessions: null, nodes, utilization: { cpu_utilization_percent: 12.3456 } },
    new Date('2026-05-01T12:00Z'),
    {},
  );

test('the totals are those of the nodes; resources of a node that is down are not free', () => {
  expect(payloadOf(node(), node({ state: 'allocated', jobsRunning: 5 }), node({ state: 'down' }))).toMatchObject({
    nodes_total: 3,
    nodes_free: 1,
    nodes_busy: 1,
    nodes_down: 1,
    cpus_total: 96,
    cpus_free: 8,
    cpus_used: 84,
    gpus_total: 12,
    gpus_free: 2,
    gpus_used: 9,
    memory_total_gb: 90.38,
    memory_free_gb: 20.91,
    memory_used_gb: 59.01,
    gpu_utilization_percent: 75,
    memory_utilization_percent: 65.29,
    jobs_running: 9,
    cpu_utilization_percent: 12.35,
  });
});

test('a row has every number of its node, memory with two decimals, and text without control characters', () => {
  expect(payloadOf(node({ name: 'n\u00001', gpusFree: 5 })).nodes).toEqual([
    {
      name: 'n1',
      state: 'free',
      jobs_total: 3,
      jobs_running: 2,
      jobs_suspended: 1,
      memory_free_gb: 10.46,
      memory_total_gb: 30.13,
      memory_used_gb: 19.67,
      cpus_free: 4,
      cpus_total: 32,
      cpus_used: 28,
      gpus_free: 5,
      gpus_total: 4,
      gpus_used: 0,
      job_ids: '1.s,2.s',
    },
  ]);
});

test('a node with more that is free than it has uses nothing', () => {
  const odd = node({ memoryFreeGib: 31, coresFree: 33, gpusFree: 5 });
  expect(payloadOf(odd)).toMatchObject({
    ...{ memory_used_gb: 0, cpus_used: 0, gpus_used: 0 },
    nodes: [{ memory_used_gb: 0, cpus_used: 0, gpus_used: 0 }],
  });
});
