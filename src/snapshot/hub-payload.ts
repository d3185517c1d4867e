import type { NodeState, NodeTableRecord } from '../lib/records.ts';
import { withoutControls } from './limits.ts';
import { percent, rounded } from './numbers.ts';
import type { SessionRollup } from './sessions.ts';
import { snapshotTimestamp } from './timestamp.ts';

/** The results of the probes of a hub; null for a probe that failed or is not configured. */
export type HubFindings = {
  /** True if the hub answers; null if that is unknown. */
  readonly available: boolean | null;
  readonly sessions: SessionRollup | null;
  readonly nodes: readonly NodeTableRecord[] | null;
  /** Percent, by the name of the payload's field. */
  readonly utilization: Readonly<Record<string, number>> | null;
};

/**
 * Returns the fields that depend on the users of a hub. If the probe of the users fails, their last known values are
 * sent.
 */
export function sessionFields({ users, sessions, classes }: SessionRollup): Record<string, number> {
  return { active_users: users, active_sessions: sessions, ...Object.fromEntries(classes ?? []) };
}

/**
 * Returns the payload of a hub at one time. `system` is the name of its system; `repeated` has the fields to send if its
 * users are unknown.
 */
export function buildHubPayload(
  system: string,
  { available, sessions, nodes, utilization }: HubFindings,
  time: Date,
  repeated: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    timestamp: snapshotTimestamp(time, system),
    ...repeated,
    ...(available === null ? {} : { available }),
    ...(sessions ? sessionFields(sessions) : {}),
    ...(nodes ? nodeTableFields(nodes) : {}),
    ...Object.fromEntries(Object.entries(utilization ?? {}).map(([field, value]) => [field, rounded(value, 2)])),
  };
}

/**
 * Returns the counts of a table of nodes, and its rows. As with a cluster, the resources of nodes that are down count in
 * the totals but not as free.
 */
function nodeTableFields(nodes: readonly NodeTableRecord[]): Record<string, unknown> {
  const up = nodes.filter(({ state }) => state !== 'down');
  const sum = (of: readonly NodeTableRecord[], value: (node: NodeTableRecord) => number) =>
    of.reduce((total, node) => total + value(node), 0);
  const inState = (state: NodeState) => nodes.filter((node) => node.state === state).length;
  const resource = (total: (node: NodeTableRecord) => number, free: (node: NodeTableRecord) => number) => ({
    total: sum(nodes, total),
    free: sum(up, free),
    used: sum(nodes, (node) => Math.max(0, total(node) - free(node))),
  });
  const cpus = resource(
    ({ cores }) => cores,
    ({ coresFree }) => coresFree,
  );
  const gpus = resource(
    ({ gpus: total }) => total,
    ({ gpusFree }) => gpusFree,
  );
  const memory = resource(
    ({ memoryGib }) => memoryGib,
    ({ memoryFreeGib }) => memoryFreeGib,
  );
  return {
    nodes_total: nodes.length,
    nodes_free: inState('available'),
    nodes_busy: inState('allocated'),
    nodes_down: inState('down'),
    cpus_total: cpus.total,
    cpus_free: cpus.free,
    cpus_used: cpus.used,
    gpus_total: gpus.total,
    gpus_free: gpus.free,
    gpus_used: gpus.used,
    memory_total_gb: rounded(memory.total, 2),
    memory_free_gb: rounded(memory.free, 2),
    memory_used_gb: rounded(memory.used, 2),
    cpu_utilization_percent: percent(cpus.used, cpus.total),
    gpu_utilization_percent: percent(gpus.used, gpus.total),
    memory_utilization_percent: percent(memory.used, memory.total),
    jobs_running: sum(nodes, ({ jobsRunning }) => jobsRunning),
    nodes: nodes.map(nodeRow),
  };
}

function nodeRow(node: NodeTableRecord): Record<string, unknown> {
  return {
    name: withoutControls(node.name),
    state: withoutControls(node.stateText),
    jobs_total: node.jobs,
    jobs_running: node.jobsRunning,
    jobs_suspended: node.jobsSuspended,
    memory_free_gb: rounded(node.memoryFreeGib, 2),
    memory_total_gb: rounded(node.memoryGib, 2),
    memory_used_gb: rounded(Math.max(0, node.memoryGib - node.memoryFreeGib), 2),
    cpus_free: node.coresFree,
    cpus_total: node.cores,
    cpus_used: Math.max(0, node.cores - node.coresFree),
    gpus_free: node.gpusFree,
    gpus_total: node.gpus,
    gpus_used: Math.max(0, node.gpus - node.gpusFree),
    job_ids: withoutControls(node.jobIds),
  };
}
