import { expect, test } from 'bun:test';
import {
  countedField,
  entriesOfBatch,
  entriesOfHub,
  entriesOfProbes,
  type MeasuredEntry,
  measures,
} from '../../../src/server/status/measures.ts';
import { readSnapshot } from '../../../src/server/status/read-snapshot.ts';
import { leastTotals } from '../samples.ts';

/** The fields in the order in which databases store their values. Append to a list, and change nothing else. */
const stored: Record<string, string> = {
  system:
    'cpu_nodes_total cpu_nodes_available cpu_nodes_down cpu_nodes_reserved ' +
    'gpu_nodes_total gpu_nodes_available gpu_nodes_down gpu_nodes_reserved ' +
    'cpu_cores_total cpu_cores_allocated cpu_cores_idle gpu_count_total gpu_count_allocated gpu_count_idle ' +
    'memory_total_gb memory_allocated_gb ' +
    'cpu_utilization_percent gpu_utilization_percent memory_utilization_percent ' +
    'running_jobs pending_jobs held_jobs active_users ' +
    'viz_nodes_total viz_nodes_available viz_nodes_down viz_nodes_reserved ' +
    'viz_count_total viz_count_allocated viz_count_idle viz_utilization_percent ' +
    'compute_nodes_total compute_nodes_available compute_nodes_down',
  hub:
    'available active_users active_sessions nodes_total nodes_free nodes_busy nodes_down ' +
    'cpus_total cpus_free cpus_used gpus_total gpus_free gpus_used memory_total_gb memory_free_gb memory_used_gb ' +
    'cpu_utilization_percent gpu_utilization_percent memory_utilization_percent ' +
    'jobs_running jobs_suspended casper_login_jobs casper_batch_jobs derecho_batch_jobs',
  queue:
    'running_jobs pending_jobs held_jobs active_users cores_allocated gpus_allocated nodes_allocated ' +
    'cores_pending gpus_pending cores_held gpus_held',
  node_type: 'nodes_total nodes_available nodes_down nodes_allocated utilization_percent memory_utilization_percent',
  login_node: 'available degraded user_count num_cpus load_1min load_5min load_15min',
  filesystem:
    'available degraded capacity_tb used_tb utilization_percent ' +
    'capacity_inodes used_inodes inodes_utilization_percent',
  probe: 'failed',
};

test('the values of each kind of series have their order', () => {
  expect(Object.fromEntries(Object.entries(measures).map(([kind, fields]) => [kind, fields.join(' ')]))).toEqual(
    stored,
  );
});

test.each([
  ['system', 'running_jobs'],
  ['hub', 'available'],
  ['queue', 'running_jobs'],
  ['login_node', 'available'],
  ['probe', 'failed'],
] as const)('a snapshot of a %s always has %s', (kind, field) => expect(countedField(kind)).toBe(field));

/** The known values of entries by field. */
const known = (entries: readonly MeasuredEntry[]) =>
  entries.map(({ kind, name, values }) => {
    const fields = measures[kind].map((field, index) => [field, values[index]] as const);
    return [kind, name, Object.fromEntries(fields.filter(([, value]) => value !== null))];
  });

test('a batch snapshot has its totals first, then each entry of its lists', () => {
  const read = readSnapshot('s', {
    ...leastTotals,
    running_jobs: 21,
    cpu_utilization_percent: 54.5,
    node_types: [{ node_type: 't', nodes_total: 9, nodes_available: 7, utilization_percent: 33 }],
    login_nodes: [{ node_name: 'l', available: false, degraded: true, load_1min: 2.5 }],
    queues: [{ queue_name: 'q', pending_jobs: 8 }],
    filesystems: [{ filesystem_name: 'f', used_tb: 12.5 }],
  });
  if (read.kind !== 'batch') throw new Error('not a batch snapshot');
  const zeros = { cpu_nodes_down: 0, cpu_nodes_reserved: 0, gpu_nodes_down: 0, gpu_nodes_reserved: 0 };
  const jobs = { running_jobs: 0, held_jobs: 0, active_users: 0, cores_allocated: 0, gpus_allocated: 0 };
  expect(known(entriesOfBatch(read.snapshot))).toEqual([
    [
      'system',
      '',
      {
        ...{ ...leastTotals, ...zeros, cpu_utilization_percent: 54.5 },
        ...{ running_jobs: 21, pending_jobs: 0, held_jobs: 0, active_users: 0 },
      },
    ],
    [
      'node_type',
      't',
      { nodes_total: 9, nodes_available: 7, nodes_down: 0, nodes_allocated: 0, utilization_percent: 33 },
    ],
    ['login_node', 'l', { available: 0, degraded: 1, load_1min: 2.5 }],
    [
      'queue',
      'q',
      { ...jobs, pending_jobs: 8, nodes_allocated: 0, cores_pending: 0, gpus_pending: 0, cores_held: 0, gpus_held: 0 },
    ],
    ['filesystem', 'f', { available: 1, degraded: 0, used_tb: 12.5 }],
  ]);
});

test('a hub snapshot has its totals', () => {
  const read = readSnapshot('jupyterhub', { available: true, active_users: 5, nodes_free: 3 });
  if (read.kind !== 'hub') throw new Error('not a hub snapshot');
  expect(known(entriesOfHub(read.snapshot))).toEqual([
    ['hub', '', { available: 1, active_users: 5, active_sessions: 0, nodes_free: 3 }],
  ]);
});

test('each failed probe counts once', () => {
  expect(entriesOfProbes(['jobs', 'nodes', 'jobs'])).toEqual([
    { kind: 'probe', name: 'jobs', values: [1] },
    { kind: 'probe', name: 'nodes', values: [1] },
  ]);
});
