import { z } from 'zod';
import { maxInteger, nameLimits, withoutControls } from './limits.ts';

export const count = z.int().min(0).max(maxInteger, `is more than the API can store (${maxInteger})`);
export const percentage = z.number().min(0).max(100).nullable().optional();
export const amount = z.number().min(0);
/** Text without control characters. */
export const text = z.string().refine((value) => value === withoutControls(value), 'has control characters');
const name = (field: keyof typeof nameLimits) => text.min(1).max(nameLimits[field]);
const optionalAmount = amount.nullable().optional();

const counters = {
  running_jobs: count,
  pending_jobs: count,
  held_jobs: count,
  cores_allocated: count,
  gpus_allocated: count,
  nodes_allocated: count,
  cores_pending: count,
  gpus_pending: count,
  cores_held: count,
  gpus_held: count,
};

/** A snapshot's timestamp, with six fractional digits: see `timestamp.ts`. */
export const snapshotTime = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);

const naiveTime = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/);

const nodesOf = <P extends string>(prefix: P) =>
  Object.fromEntries(
    ['total', 'available', 'down', 'reserved'].map((state) => [`${prefix}_nodes_${state}`, count]),
  ) as Record<`${P}_nodes_${'total' | 'available' | 'down' | 'reserved'}`, typeof count>;

/**
 * The payload of a PBS or Slurm system, as both the API guide and the current API accept it (contracts of the SAM status
 * API). Units are GiB, TiB and percent (0–100); times are UTC without an offset. Strict, because `status_id`,
 * `outage_id` and `created_at` would overwrite rows.
 */
export const snapshotSchema = z.strictObject({
  timestamp: snapshotTime,
  ...nodesOf('cpu'),
  ...nodesOf('gpu'),
  viz_nodes_total: count.optional(),
  viz_nodes_available: count.optional(),
  viz_nodes_down: count.optional(),
  viz_nodes_reserved: count.optional(),
  viz_count_total: count.optional(),
  viz_count_allocated: count.optional(),
  viz_count_idle: count.optional(),
  viz_utilization_percent: percentage,
  compute_nodes_total: count.optional(),
  compute_nodes_available: count.optional(),
  compute_nodes_down: count.optional(),
  cpu_cores_total: count,
  cpu_cores_allocated: count,
  cpu_cores_idle: count,
  cpu_utilization_percent: percentage,
  gpu_count_total: count,
  gpu_count_allocated: count,
  gpu_count_idle: count,
  gpu_utilization_percent: percentage,
  memory_total_gb: amount,
  memory_allocated_gb: amount,
  memory_utilization_percent: percentage,
  running_jobs: count,
  pending_jobs: count,
  held_jobs: count,
  active_users: count,
  node_types: z
    .array(
      z.strictObject({
        node_type: name('node_type'),
        nodes_total: count,
        nodes_available: count,
        nodes_down: count,
        nodes_allocated: count,
        cores_per_node: count.nullable().optional(),
        memory_gb_per_node: count.nullable().optional(),
        gpu_model: text.max(nameLimits.gpu_model).nullable().optional(),
        gpus_per_node: count.nullable().optional(),
        utilization_percent: percentage,
        memory_utilization_percent: percentage,
      }),
    )
    .optional(),
  login_nodes: z.array(
    z.strictObject({
      node_name: name('node_name'),
      node_type: z.enum(['cpu', 'gpu', 'data-access']).optional(),
      available: z.boolean(),
      degraded: z.boolean(),
      user_count: count.nullable().optional(),
      num_cpus: count.optional(),
      load_1min: optionalAmount,
      load_5min: optionalAmount,
      load_15min: optionalAmount,
    }),
  ),
  queues: z.array(z.strictObject({ queue_name: name('queue_name'), ...counters, active_users: count })),
  user_project_queues: z.array(
    z.strictObject({
      username: name('username'),
      project_code: name('project_code'),
      queue_name: name('queue_name'),
      ...counters,
    }),
  ),
  queue_definitions: z
    .array(
      z.strictObject({
        queue_name: name('queue_name'),
        queue_type: name('queue_type'),
        enabled: z.boolean(),
        started: z.boolean(),
        total_jobs: count,
      }),
    )
    .optional(),
  filesystems: z.array(
    z.strictObject({
      filesystem_name: name('filesystem_name'),
      available: z.boolean(),
      degraded: z.boolean(),
      capacity_tb: optionalAmount,
      used_tb: optionalAmount,
      utilization_percent: percentage,
      capacity_inodes: amount.optional(),
      used_inodes: amount.optional(),
      inodes_utilization_percent: percentage,
    }),
  ),
  reservations: z
    .array(
      z.strictObject({
        system_name: text.min(1).max(32),
        reservation_name: name('reservation_name'),
        description: text,
        start_time: naiveTime,
        end_time: naiveTime,
        node_count: count.nullable(),
        partition: name('partition').nullable(),
      }),
    )
    .optional(),
});

export type Snapshot = z.output<typeof snapshotSchema>;
