import type { BatchSystem } from '../config/system.ts';
import type {
  FilesystemRecord,
  LoginNodeRecord,
  QueueRecord,
  ReservationRecord,
  UnavailablePart,
} from '../lib/records.ts';
import { emptyJobs, type JobRollup, jobFields, jobsIn, queueRows, shareRows } from './jobs.ts';
import { emptyNodes, type NodeRollup, nodeFields, nodeTypeRows } from './nodes.ts';
import { filesystemRow, loginNodeRow, queueDefinitionRow, reservationRows, withCutNames } from './rows.ts';
import { snapshotTimestamp } from './timestamp.ts';

/** The results of the probes of one system; null for a probe that failed. */
export type Findings = {
  readonly nodes: NodeRollup | null;
  readonly jobs: JobRollup | null;
  readonly queues: readonly QueueRecord[] | null;
  readonly reservations: readonly ReservationRecord[] | null;
  /** By name; a login node whose probe failed is absent. The same holds for `filesystems`. */
  readonly loginNodes: ReadonlyMap<string, LoginNodeRecord | UnavailablePart>;
  readonly filesystems: ReadonlyMap<string, FilesystemRecord | UnavailablePart>;
};

/** The probes whose counts the API requires. It stores 0 for absent counts. */
export const requiredProbes = ['nodes', 'jobs'] as const;
export type RequiredProbe = (typeof requiredProbes)[number];

/** Returns the payload's fields of a required probe for a system without nodes or jobs. */
export function zeroFields(probe: RequiredProbe, system: BatchSystem): Record<string, number | null> {
  return probe === 'nodes' ? nodeFields(emptyNodes(), system) : jobFields(emptyJobs());
}

/**
 * Returns the payload of one system at one time. `repeated` has the fields to send for required probes that failed. A
 * list whose probe failed is absent if the API allows it, otherwise empty.
 */
export function buildPayload(
  system: BatchSystem,
  findings: Findings,
  time: Date,
  repeated: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { nodes, jobs, queues, reservations } = findings;
  const hostsByArray = nodes?.hostsByArray ?? new Map();
  const payload: Record<string, unknown> = {
    timestamp: snapshotTimestamp(time, system.system_name),
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
 * Returns the configured queues that exist and those that are missing. If the list of queues is empty or unknown, all
 * exist. A row of zeros for a deleted queue would prevent SAM's clean-up of that queue.
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

/** Returns the rows of queue definitions; null if the number of jobs of a queue is unknown. */
function queueDefinitionRows(queues: readonly QueueRecord[], jobs: JobRollup | null) {
  const rows = queues.flatMap((queue) => {
    const count = queue.jobs ?? (jobs && jobsIn(jobs, queue.name));
    return count === null ? [] : [queueDefinitionRow(queue, count)];
  });
  return rows.length < queues.length ? null : rows;
}
