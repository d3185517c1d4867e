import { z } from 'zod';
import { printable } from '../../lib/text.ts';
import { amount, bigCount, count, countOrZero, flag, name, nullable, percent, text, time } from './fields.ts';

// The entries of a snapshot's lists. Required, nullable and default values were measured on the SAM API.

const anObject = { error: 'must be an object' };

/** Returns the schema of a list. With `keyOf`, no two entries may have the same key, as in the SAM API's unique indexes. */
export function listOf<Entry extends z.ZodType>(entry: Entry, keyOf?: (value: z.output<Entry>) => string) {
  return z.array(entry, { error: 'must be a list' }).superRefine((values, context) => {
    if (!keyOf) return;
    const seen = new Set<string>();
    for (const [index, value] of values.entries()) {
      const key = keyOf(value);
      if (seen.has(key))
        context.addIssue({ code: 'custom', path: [index], message: `"${printable(key)}" is there twice` });
      seen.add(key);
    }
  });
}

const jobCounters = {
  running_jobs: countOrZero,
  pending_jobs: countOrZero,
  held_jobs: countOrZero,
  cores_allocated: countOrZero,
  gpus_allocated: countOrZero,
  nodes_allocated: countOrZero,
  cores_pending: countOrZero,
  gpus_pending: countOrZero,
  cores_held: countOrZero,
  gpus_held: countOrZero,
};

export const loginNode = z.looseObject(
  {
    node_name: name(32),
    // The SAM API accepts other types, but answers 500 to every later request that concerns the node.
    node_type: z.enum(['cpu', 'gpu', 'data-access'], { error: 'must be cpu, gpu or data-access' }).default('cpu'),
    available: flag.default(true),
    degraded: flag.default(false),
    user_count: nullable(count),
    num_cpus: nullable(count),
    load_1min: nullable(amount),
    load_5min: nullable(amount),
    load_15min: nullable(amount),
  },
  anObject,
);

export const queue = z.looseObject({ queue_name: name(32), active_users: countOrZero, ...jobCounters }, anObject);

export const userProjectQueue = z.looseObject(
  { username: name(32), project_code: name(16), queue_name: name(32), ...jobCounters },
  anObject,
);

export const filesystem = z.looseObject(
  {
    filesystem_name: name(32),
    available: flag.default(true),
    degraded: flag.default(false),
    capacity_tb: nullable(amount),
    used_tb: nullable(amount),
    utilization_percent: nullable(percent),
    capacity_inodes: nullable(bigCount),
    used_inodes: nullable(bigCount),
    inodes_utilization_percent: nullable(percent),
  },
  anObject,
);

export const nodeType = z.looseObject(
  {
    node_type: name(64),
    nodes_total: count,
    nodes_available: count,
    nodes_down: countOrZero,
    nodes_allocated: countOrZero,
    cores_per_node: nullable(count),
    memory_gb_per_node: nullable(amount),
    gpu_model: nullable(text(64)),
    gpus_per_node: nullable(count),
    utilization_percent: nullable(percent),
    memory_utilization_percent: nullable(percent),
  },
  anObject,
);

export const queueDefinition = z.looseObject(
  { queue_name: nullable(text(32)), queue_type: nullable(text(16)) },
  anObject,
);

export const reservation = z.looseObject(
  {
    reservation_name: name(128),
    start_time: time,
    end_time: time,
    description: nullable(text(100_000)),
    node_count: nullable(count),
    partition: nullable(text(64)),
  },
  anObject,
);

export type Reservation = z.output<typeof reservation>;
export type UserProjectQueue = z.output<typeof userProjectQueue>;
