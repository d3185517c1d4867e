import { z } from 'zod';
import { outageStatuses, severities } from '../lib/outage-words.ts';
import {
  filesystem,
  listOf,
  loginNode,
  type NodeType,
  nodeType,
  queue,
  queueDefinition,
  reservation,
  userProjectQueue,
} from './entries.ts';
import { amount, count, countOrZero, flag, name, nullable, optionalTime, percent, text, time } from './fields.ts';

// What is required, nullable or has a default was measured on the SAM API, field by field. Unknown keys are kept with
// the snapshot and never read: `looseObject` everywhere.

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
  timestamp: optionalTime,
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
};

const casperParts = {
  viz_nodes_down: countOrZero,
  viz_nodes_reserved: countOrZero,
  viz_utilization_percent: nullable(percent),
  node_types: listOf(nodeType, (entry) => entry.node_type).default([]),
};

const absentOrCount = nullable(count);

/** Derecho, and every system of a site's own. */
export const batchSchema = z.looseObject({ ...batchSystem, ...totals });

/** Casper as the SAM API wants it: CPU, GPU and visualization nodes apart. */
export const casperSchema = z.looseObject({ ...batchSystem, ...casperParts, ...totals, ...vizTotals });

/** Casper as the guide shows it: all nodes in one, the parts as far as they are known. */
export const casperGuideSchema = z.looseObject({
  ...batchSystem,
  ...casperParts,
  ...z.object(totals).partial().shape,
  ...z.object(vizTotals).partial().shape,
  compute_nodes_total: count,
  compute_nodes_available: count,
  compute_nodes_down: absentOrCount,
});

export const jupyterhubSchema = z.looseObject({
  timestamp: optionalTime,
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
  // Unlike the two others, "" is refused here, as the SAM API does: it would leave an outage open by mistake.
  end_time: nullable(time),
  estimated_resolution: optionalTime,
  /** The client's name for it, the same in every report of it: the SAM API passes over both and makes a new row. */
  outage_key: nullable(name(64)),
  /** When the client said this: what is older than what was said last changes nothing. */
  outage_reported_at: optionalTime,
});

export type BatchSnapshot = z.output<typeof batchSchema>;
export type Outage = z.output<typeof outageSchema>;

/** What every snapshot, of whatever kind, may have. */
export type Snapshot = { readonly timestamp?: string | undefined } & Partial<
  Pick<
    BatchSnapshot,
    'login_nodes' | 'queues' | 'user_project_queues' | 'filesystems' | 'queue_definitions' | 'reservations'
  >
> & { readonly node_types?: readonly NodeType[] };

/** The schema for a snapshot of `system`: Casper has two, and the body tells which. */
export function snapshotSchema(system: string, body: Readonly<Record<string, unknown>>): z.ZodType<Snapshot> {
  if (system === 'jupyterhub') return jupyterhubSchema;
  if (system !== 'casper') return batchSchema;
  const asInGuide = body.compute_nodes_total != null && body.compute_nodes_available != null;
  return asInGuide ? casperGuideSchema : casperSchema;
}
