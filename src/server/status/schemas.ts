import { z } from 'zod';
import { outageStatuses, severities } from '../../snapshot/limits.ts';
import {
  filesystem,
  listOf,
  loginNode,
  nodeType,
  queue,
  queueDefinition,
  reservation,
  userProjectQueue,
} from './entries.ts';
import {
  amount,
  count,
  countOrZero,
  flag,
  name,
  nullable,
  optionalTime,
  percent,
  reportTime,
  text,
  time,
} from './fields.ts';

// Required, nullable and default values were measured on the SAM API, field by field. Unknown keys are stored with the
// snapshot and never read, so every object is a `looseObject`.

const totals = {
  cpu_nodes_total: count,
  cpu_nodes_available: count,
  gpu_nodes_total: count,
  gpu_nodes_available: count,
  cpu_cores_total: count,
  cpu_cores_allocated: count,
  cpu_cores_idle: count,
  gpu_count_total: count,
  gpu_count_allocated: count,
  gpu_count_idle: count,
  memory_total_gb: amount,
  memory_allocated_gb: amount,
};

const vizTotals = {
  viz_nodes_total: count,
  viz_nodes_available: count,
  viz_count_total: count,
  viz_count_allocated: count,
  viz_count_idle: count,
};

const batchSystem = {
  timestamp: reportTime,
  cpu_nodes_down: countOrZero,
  cpu_nodes_reserved: countOrZero,
  gpu_nodes_down: countOrZero,
  gpu_nodes_reserved: countOrZero,
  cpu_utilization_percent: nullable(percent),
  gpu_utilization_percent: nullable(percent),
  memory_utilization_percent: nullable(percent),
  running_jobs: countOrZero,
  pending_jobs: countOrZero,
  held_jobs: countOrZero,
  active_users: countOrZero,
  login_nodes: listOf(loginNode).default([]),
  queues: listOf(queue, (entry) => entry.queue_name).default([]),
  user_project_queues: listOf(
    userProjectQueue,
    (entry) => `${entry.username}\t${entry.project_code}\t${entry.queue_name}`,
  ).default([]),
  filesystems: listOf(filesystem, (entry) => entry.filesystem_name).default([]),
  queue_definitions: nullable(listOf(queueDefinition)),
  reservations: nullable(listOf(reservation)),
  node_types: listOf(nodeType, (entry) => entry.node_type).nullish(),
};

const casperParts = {
  viz_nodes_down: countOrZero,
  viz_nodes_reserved: countOrZero,
  viz_utilization_percent: nullable(percent),
  node_types: listOf(nodeType, (entry) => entry.node_type).default([]),
};

const absentOrCount = nullable(count);

/** A snapshot of a batch system. */
export const batchSchema = z.looseObject({ ...batchSystem, ...totals });

/** A snapshot of Casper as the SAM API requires it, with separate CPU, GPU and visualization nodes. */
const casperSchema = z.looseObject({ ...batchSystem, ...casperParts, ...totals, ...vizTotals });

/** A batch snapshot as the API guide shows it for Casper: one total of all nodes, and optional totals by kind. */
const guideSchema = z.looseObject({
  ...batchSystem,
  ...casperParts,
  ...z.object(totals).partial().shape,
  ...z.object(vizTotals).partial().shape,
  compute_nodes_total: count,
  compute_nodes_available: count,
  compute_nodes_down: absentOrCount,
});

/** A snapshot of a JupyterHub. */
export const hubSchema = z.looseObject({
  timestamp: reportTime,
  available: flag.default(true),
  active_users: countOrZero,
  active_sessions: countOrZero,
  nodes_total: absentOrCount,
  nodes_free: absentOrCount,
  nodes_busy: absentOrCount,
  nodes_down: absentOrCount,
  cpus_total: absentOrCount,
  cpus_free: absentOrCount,
  cpus_used: absentOrCount,
  gpus_total: absentOrCount,
  gpus_free: absentOrCount,
  gpus_used: absentOrCount,
  memory_total_gb: nullable(amount),
  memory_free_gb: nullable(amount),
  memory_used_gb: nullable(amount),
  cpu_utilization_percent: nullable(percent),
  gpu_utilization_percent: nullable(percent),
  memory_utilization_percent: nullable(percent),
  jobs_running: absentOrCount,
  jobs_suspended: absentOrCount,
  casper_login_jobs: absentOrCount,
  casper_batch_jobs: absentOrCount,
  derecho_batch_jobs: absentOrCount,
  nodes: nullable(z.unknown()),
});

export const outageSchema = z.looseObject({
  system_name: name(32),
  title: name(255),
  severity: z.enum(severities, { error: `must be one of ${severities.join(', ')}` }),
  status: z.enum(outageStatuses, { error: `must be one of ${outageStatuses.join(', ')}` }).default('investigating'),
  component: nullable(text(128)),
  description: nullable(text(1_000_000)),
  start_time: optionalTime,
  // Refuse "" here, as the SAM API does: a client that sends it by mistake would leave the outage open.
  end_time: nullable(time),
  estimated_resolution: optionalTime,
  /** The client's name for the outage, the same in every report. The SAM API ignores it and `outage_reported_at`. */
  outage_key: nullable(name(64)),
  /** When the client made the report. A report older than the newest stored one changes nothing. */
  outage_reported_at: reportTime,
});

/** The members of a batch snapshot that the receiver stores in tables of their own. */
export type BatchSnapshot = Pick<
  z.output<typeof batchSchema>,
  | 'login_nodes'
  | 'queues'
  | 'user_project_queues'
  | 'filesystems'
  | 'queue_definitions'
  | 'reservations'
  | 'node_types'
  | 'timestamp'
>;
export type HubSnapshot = z.output<typeof hubSchema>;

/** The schema that a snapshot must match, by its kind. */
export type SnapshotSchema =
  | { readonly kind: 'hub'; readonly schema: z.ZodType<HubSnapshot> }
  | { readonly kind: 'batch'; readonly schema: z.ZodType<BatchSnapshot> };

type Body = Readonly<Record<string, unknown>>;

/** Every batch snapshot has some of these fields, and no hub snapshot has any. */
const batchOnly = [...Object.keys(totals), 'compute_nodes_total', 'compute_nodes_available'].filter(
  // Both kinds have, for example, `memory_total_gb`.
  (field) => !Object.hasOwn(hubSchema.shape, field),
);
const hubOnly = Object.keys(hubSchema.shape).filter((field) => !Object.hasOwn(guideSchema.shape, field));

/**
 * Returns the schema for a snapshot. Its fields decide whether it describes a batch system or a hub, not the name of
 * its system, except that the SAM API takes any body at /jupyterhub and requires more fields at /casper.
 */
export function snapshotSchema(system: string, body: Body): SnapshotSchema {
  const has = (field: string) => Object.hasOwn(body, field);
  const isHub = !batchOnly.some(has) && (hubOnly.some(has) || system === 'jupyterhub');
  if (isHub) return { kind: 'hub', schema: hubSchema };
  if (body.compute_nodes_total != null && body.compute_nodes_available != null) {
    return { kind: 'batch', schema: guideSchema };
  }
  return { kind: 'batch', schema: system === 'casper' ? casperSchema : batchSchema };
}
