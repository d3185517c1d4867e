import type { BatchSystem } from '../config/system.ts';
import type { FilesystemRecord, LoginNodeRecord, QueueRecord, ReservationRecord, Unavailable } from '../lib/records.ts';
import { emptyJobs, type JobRollup, jobFields, jobsIn, queueRows, shareRows } from './jobs.ts';
import { emptyNodes, type NodeRollup, nodeFields, nodeTypeRows } from './nodes.ts';
import { filesystemRow, loginNodeRow, queueDefinitionRow, reservationRows, withCutNames } from './rows.ts';
import { snapshotTimestamp } from './timestamp.ts';

/** What the probes of one system found; null for a probe that failed. */
export type Findings = {
  readonly nodes: NodeRollup | null;
  readonly jobs: JobRollup | null;
  readonly queues: readonly QueueRecord[] | null;
  readonly reservations: readonly ReservationRecord[] | null;
  /** By name; without those whose probe failed. */
  readonly loginNodes: ReadonlyMap<string, LoginNodeRecord | Unavailable>;
  readonly filesystems: ReadonlyMap<string, FilesystemRecord | Unavailable>;
};

/** The probes whose counts the API requires: what it stores as 0 when they are absent. */
export const requiredProbes = ['nodes', 'jobs'] as const;
export type RequiredProbe = (typeof requiredProbes)[number];

/** The counts of a required probe as fields of the payload; what a system without nodes or jobs has. */
export function zeroFields(probe: RequiredProbe, system: BatchSystem): Record<string, number | null> {
  return probe === 'nodes' ? nodeFields(emptyNodes(), system) : jobFields(emptyJobs());
}

/**
 * The payload of one system at one moment. `repeated` are the fields to send for required probes that failed; lists
 * whose probe failed are empty, or left out where the API allows it.
 */
export function buildPayload(
  system: BatchSystem,
  findings: Findings,
  moment: Date,
  repeated: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { nodes, jobs, queues, reservations } = findings;
  const hostsByArray = nodes?.hostsByArray ?? new Map();
  const payload: Record<string, unknown> = {
    timestamp: snapshotTimestamp(moment, system.system_name),
    ...repeated,
    ...(nodes ? nodeFields(nodes, system) : {}),
    ...(jobs ? jobFields(jobs) : {}),
    login_nodes: system.login_nodes.flatMap((node) => {
      const found = findings.loginNodes.get(node.name);
      return found ? [loginNodeRow(node, found, system.load_as)] : [];
    }),
    queues: jobs
      ? withCutNames(queueRows(jobs, configuredQueues(system, queues).existing, hostsByArray), ['queue_name'])
      : [],
    user_project_queues: jobs
      ? withCutNames(shareRows(jobs, hostsByArray), ['username', 'project_code', 'queue_name'])
      : [],
    filesystems: system.filesystems.flatMap(({ name }) => {
      const found = findings.filesystems.get(name);
      return found ? [filesystemRow(name, found, system.degraded_above)] : [];
    }),
  };
  const types = nodes ? nodeTypeRows(nodes, system) : [];
  if (types.length > 0) payload.node_types = types;
  const definitions = queues && queueDefinitionRows(queues, jobs);
  if (definitions) payload.queue_definitions = definitions;
  if (reservations) payload.reservations = reservationRows(reservations, system.system_name);
  return payload;
}

/**
 * The configured queues that exist and those that do not; all exist if the list of queues is empty or unknown. A row of zeros
 * would keep a queue that is gone in use for SAM's clean-up.
 */
export function configuredQueues(
  system: Pick<BatchSystem, 'queues'>,
  queues: readonly QueueRecord[] | null,
): { readonly existing: readonly string[]; readonly missing: readonly string[] } {
  const names = new Set(queues?.map(({ name }) => name));
  const exists = (name: string) => names.size === 0 || names.has(name);
  return {
    existing: system.queues.filter(exists),
    missing: [...new Set(system.queues)].filter((name) => !exists(name)),
  };
}

/** Null where a queue's jobs were to be counted, and nobody knows them. */
function queueDefinitionRows(queues: readonly QueueRecord[], jobs: JobRollup | null) {
  const rows = queues.flatMap((queue) => {
    const count = queue.jobs ?? (jobs && jobsIn(jobs, queue.name));
    return count === null ? [] : [queueDefinitionRow(queue, count)];
  });
  return rows.length < queues.length ? null : rows;
}
