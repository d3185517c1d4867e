import { z } from 'zod';
import { amount, count, percentage, snapshotTime, text } from './schema.ts';

/** One node of a hub's sessions, in the format that the current dashboard reads. */
const node = z.strictObject({
  name: text.min(1),
  state: text.min(1),
  jobs_total: count,
  jobs_running: count,
  jobs_suspended: count,
  memory_free_gb: amount,
  memory_total_gb: amount,
  memory_used_gb: amount,
  cpus_free: count,
  cpus_total: count,
  cpus_used: count,
  gpus_free: count,
  gpus_total: count,
  gpus_used: count,
  job_ids: text,
});

/**
 * The payload of a JupyterHub, as both the API guide and the current API accept it. `available` is absent if it was not
 * measured. Strict, because `status_id` and `created_at` would overwrite rows.
 */
export const hubSnapshotSchema = z.strictObject({
  timestamp: snapshotTime,
  available: z.boolean().optional(),
  active_users: count,
  active_sessions: count,
  casper_login_jobs: count.optional(),
  casper_batch_jobs: count.optional(),
  derecho_batch_jobs: count.optional(),
  jobs_suspended: count.optional(),
  jobs_running: count.optional(),
  nodes_total: count.optional(),
  nodes_free: count.optional(),
  nodes_busy: count.optional(),
  nodes_down: count.optional(),
  cpus_total: count.optional(),
  cpus_free: count.optional(),
  cpus_used: count.optional(),
  gpus_total: count.optional(),
  gpus_free: count.optional(),
  gpus_used: count.optional(),
  memory_total_gb: amount.optional(),
  memory_free_gb: amount.optional(),
  memory_used_gb: amount.optional(),
  cpu_utilization_percent: percentage,
  gpu_utilization_percent: percentage,
  memory_utilization_percent: percentage,
  nodes: z.array(node).optional(),
});
