import type { BatchSnapshot, HubSnapshot } from './schemas.ts';

/** The subject of a series of history. `system` and `hub` are the totals of a snapshot; `probe` counts failed probes. */
export type SeriesKind = 'system' | 'hub' | 'queue' | 'node_type' | 'login_node' | 'filesystem' | 'probe';

/** The values of one series in one snapshot, in the order of its fields. Null is an unknown value. */
export type MeasuredEntry = {
  readonly kind: SeriesKind;
  /** The name of the queue, node type, login node, filesystem or probe; empty for the totals. */
  readonly name: string;
  readonly values: readonly (number | null)[];
};

const nodes = (prefix: string) => ['total', 'available', 'down', 'reserved'].map((state) => `${prefix}_nodes_${state}`);
const utilization = ['cpu_utilization_percent', 'gpu_utilization_percent', 'memory_utilization_percent'];

/**
 * The fields of each kind of series, with the names of the SAM API. The units are in the names: GiB, TiB, percent of 0 to
 * 100; true is 1 and false is 0. Stored values have this order: append a new field, and never move or remove one.
 */
export const measures: Readonly<Record<SeriesKind, readonly string[]>> = {
  system: [
    ...nodes('cpu'),
    ...nodes('gpu'),
    ...['cpu_cores_total', 'cpu_cores_allocated', 'cpu_cores_idle'],
    ...['gpu_count_total', 'gpu_count_allocated', 'gpu_count_idle'],
    ...['memory_total_gb', 'memory_allocated_gb'],
    ...utilization,
    ...['running_jobs', 'pending_jobs', 'held_jobs', 'active_users'],
    ...nodes('viz'),
    ...['viz_count_total', 'viz_count_allocated', 'viz_count_idle', 'viz_utilization_percent'],
    ...['compute_nodes_total', 'compute_nodes_available', 'compute_nodes_down'],
  ],
  hub: [
    ...['available', 'active_users', 'active_sessions'],
    ...['nodes_total', 'nodes_free', 'nodes_busy', 'nodes_down'],
    ...['cpus_total', 'cpus_free', 'cpus_used', 'gpus_total', 'gpus_free', 'gpus_used'],
    ...['memory_total_gb', 'memory_free_gb', 'memory_used_gb'],
    ...utilization,
    ...['jobs_running', 'jobs_suspended', 'casper_login_jobs', 'casper_batch_jobs', 'derecho_batch_jobs'],
  ],
  queue: [
    ...['running_jobs', 'pending_jobs', 'held_jobs', 'active_users'],
    ...['cores_allocated', 'gpus_allocated', 'nodes_allocated'],
    ...['cores_pending', 'gpus_pending', 'cores_held', 'gpus_held'],
  ],
  node_type: [
    ...['nodes_total', 'nodes_available', 'nodes_down', 'nodes_allocated'],
    ...['utilization_percent', 'memory_utilization_percent'],
  ],
  login_node: [...['available', 'degraded', 'user_count', 'num_cpus', 'load_1min', 'load_5min', 'load_15min']],
  filesystem: [
    ...['available', 'degraded', 'capacity_tb', 'used_tb', 'utilization_percent'],
    ...['capacity_inodes', 'used_inodes', 'inodes_utilization_percent'],
  ],
  probe: ['failed'],
};

/** Returns a field that every sample of a kind has. Its count is the number of snapshots. */
export function countedField(kind: SeriesKind): string {
  const fields: Readonly<Partial<Record<SeriesKind, string>>> = { system: 'running_jobs', hub: 'available' };
  return fields[kind] ?? measures[kind][0] ?? '';
}

/** Returns the entries of a batch system's snapshot, the totals first. */
export function entriesOfBatch(snapshot: BatchSnapshot): MeasuredEntry[] {
  return [
    entry('system', '', snapshot),
    ...(snapshot.node_types ?? []).map((type) => entry('node_type', type.node_type, type)),
    ...snapshot.login_nodes.map((node) => entry('login_node', node.node_name, node)),
    ...snapshot.queues.map((queue) => entry('queue', queue.queue_name, queue)),
    ...snapshot.filesystems.map((filesystem) => entry('filesystem', filesystem.filesystem_name, filesystem)),
  ];
}

/** Returns the entries of a hub's snapshot. */
export function entriesOfHub(snapshot: HubSnapshot): MeasuredEntry[] {
  return [entry('hub', '', snapshot)];
}

/** Returns an entry for each failed probe. */
export function entriesOfProbes(failed: readonly string[]): MeasuredEntry[] {
  return [...new Set(failed)].map((name) => ({ kind: 'probe', name, values: [1] }));
}

function entry(kind: SeriesKind, name: string, record: object): MeasuredEntry {
  return { kind, name, values: measures[kind].map((field) => numberOf(Reflect.get(record, field))) };
}

function numberOf(value: unknown): number | null {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' ? value : null;
}
