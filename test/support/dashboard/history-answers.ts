import { openOutages } from './status-answers.ts';
import { at } from './times.ts';

// Answers with values over time: eight steps of three hours. Two have no snapshots, and in one a probe failed.

const steps = 8;
const coverage = {
  from: at(-24),
  to: at(0),
  step: 10_800,
  snapshots: [36, 0, 0, 35, 34, 33, 32, 31],
  failed_probes: { filesystems: [0, 0, 0, 2, 3, 0, 0, 0], queues: [0, 0, 0, 0, 0, 0, 0, 4] },
  outages: openOutages.filter(({ system_name }) => system_name === 'Casper' || system_name === 'gust'),
};

/** Returns values that rise; those of the steps without snapshots are null. */
function values(first: number, rise = 3): (number | null)[] {
  return Array.from({ length: steps }, (_, index) => (coverage.snapshots[index] === 0 ? null : first + index * rise));
}

const extremes = (first: number) => ({
  average: values(first),
  minimum: values(first - 2, 2),
  maximum: values(first + 5, 4),
});

const fields: Readonly<Record<string, readonly string[]>> = {
  system: [
    ...[
      'cpu_utilization_percent',
      'gpu_utilization_percent',
      'memory_utilization_percent',
      'running_jobs',
      'pending_jobs',
    ],
    ...['held_jobs', 'cpu_cores_allocated', 'cpu_cores_idle', 'gpu_count_allocated', 'gpu_count_idle'],
    ...['cpu_nodes_available', 'cpu_nodes_down', 'cpu_nodes_reserved', 'gpu_nodes_available', 'viz_nodes_available'],
    ...['viz_count_allocated', 'viz_count_idle', 'active_users'],
  ],
  hub: [
    ...['active_sessions', 'active_users', 'casper_login_jobs', 'casper_batch_jobs', 'derecho_batch_jobs'],
    ...['cpu_utilization_percent', 'nodes_busy', 'nodes_free', 'nodes_down', 'jobs_running', 'jobs_suspended'],
  ],
  queue: [
    ...['running_jobs', 'pending_jobs', 'held_jobs', 'cores_allocated', 'cores_pending', 'cores_held'],
    ...['gpus_allocated', 'nodes_allocated', 'active_users'],
  ],
  node_type: ['utilization_percent', 'memory_utilization_percent', 'nodes_available', 'nodes_allocated', 'nodes_down'],
  login_node: ['load_1min', 'load_5min', 'load_15min', 'user_count', 'available'],
  filesystem: [
    ...[
      'utilization_percent',
      'inodes_utilization_percent',
      'used_tb',
      'capacity_tb',
      'used_inodes',
      'capacity_inodes',
    ],
  ],
  user: ['running_jobs', 'cores_allocated', 'gpus_allocated', 'gpus_pending', 'nodes_allocated'],
};

/** Returns the history of a part of a kind. The GPUs of a user are 0 all the time. */
export function historyOf(kind: string) {
  const known = (fields[kind] ?? []).map((field, index) => {
    const first = field.startsWith('gpus_') && kind === 'user' ? null : 11 + index * 6;
    if (first === null) return [field, { average: values(0, 0) }];
    return [field, kind === 'user' ? { average: values(first) } : extremes(first)];
  });
  return { ...coverage, system: 'derecho', kind, name: null, fields: Object.fromEntries(known) };
}

/** A history without snapshots. */
export const emptyHistory = { ...historyOf('queue'), snapshots: coverage.snapshots.map(() => 0) };

/** Returns the users or projects over time. */
export function peopleOf(group_by: string, query: URLSearchParams) {
  return {
    ...coverage,
    system: 'derecho',
    group_by,
    state: query.get('state') ?? '',
    metric: query.get('metric') ?? '',
    rank: query.get('rank') ?? '',
    queue: null,
    series:
      query.get('state') === 'held'
        ? []
        : [
            { name: 'anna', average: [...values(512, 32).slice(0, -1), null] },
            { name: 'bert', average: [null, null, null, 77, null, 66, null, 55] },
            { name: 'carl', average: values(40, -2) },
          ],
    others: { count: query.get('state') === 'pending' ? 0 : 17, average: values(200, 10) },
    total: values(900),
  };
}
