import { z } from 'zod';
import { outageStatuses, severities } from '../../snapshot/limits.ts';

// The forms of the answers of the status API. The OpenAPI document is made of them.

const time = z.string().describe('ISO 8601, UTC without a zone');
const count = z.int().min(0);
const values = z.array(z.number().nullable()).readonly();
const counts = z.array(count).readonly();
const stateSchema = z.enum(['up', 'degraded', 'down', 'unknown']);

/** An outage as the SAM API lists it. */
export const outageRowSchema = z.object({
  outage_id: count,
  system_name: z.string(),
  title: z.string(),
  severity: z.enum(severities),
  status: z.enum(outageStatuses),
  component: z.string().nullable(),
  description: z.string().nullable(),
  start_time: time,
  end_time: time.nullable(),
  estimated_resolution: time.nullable(),
  created_at: time,
  updated_at: time.nullable(),
});

/** The buckets of an answer, and how well the snapshots of the system cover them. */
export const coverageSchema = z.object({
  from: time.describe('The start of the first bucket, UTC'),
  to: time.describe('The end of the last bucket, UTC'),
  step: z.number().describe('The length of a bucket in seconds'),
  snapshots: counts.describe('How many snapshots of the system each bucket has'),
  failed_probes: z
    .record(z.string(), counts)
    .readonly()
    .describe('In how many snapshots of each bucket a probe had failed, by its name; only probes that failed'),
});

/** A field's average, least and greatest value in each bucket; null in a bucket without a known value. */
export const fieldHistorySchema = z.object({ average: values, minimum: values, maximum: values });

/** The history of a series. */
export const historySchema = coverageSchema.extend({
  system: z.string(),
  kind: z.enum(['system', 'hub', 'queue', 'node_type', 'login_node', 'filesystem', 'probe']),
  name: z.string().nullable().describe('Null for the totals of a system'),
  fields: z.record(z.string(), fieldHistorySchema).readonly(),
  outages: z.array(outageRowSchema).readonly().optional().describe('With `include=outages`'),
});

/** The history of one user or project. Only sums are kept, so it has no least and greatest values. */
export const oneUserSchema = coverageSchema.extend({
  system: z.string(),
  kind: z.enum(['user', 'project']),
  name: z.string(),
  fields: z.record(z.string(), fieldHistorySchema.pick({ average: true })).readonly(),
  outages: z.array(outageRowSchema).readonly().optional().describe('With `include=outages`'),
});

/** The seconds that a system spent in each state, by bucket. */
export const stateHistorySchema = coverageSchema.pick({ from: true, to: true, step: true }).extend({
  system: z.string(),
  seconds: z.object({ up: counts, degraded: counts, down: counts, maintenance: counts, unknown: counts }),
});

/** The users or projects with the most of something, the others together, and all. */
export const userHistorySchema = coverageSchema.extend({
  system: z.string(),
  group_by: z.enum(['user', 'project']),
  state: z.string(),
  metric: z.string(),
  rank: z.string(),
  queue: z.string().nullable(),
  series: z
    .array(z.object({ name: z.string(), average: values }))
    .readonly()
    .describe('The greatest first'),
  others: z.object({ count, average: values }),
  total: values,
  outages: z.array(outageRowSchema).readonly().optional().describe('With `include=outages`'),
});

/** The share of time in which a system was up or degraded, in percent; null if no time counts. */
export const uptimeSchema = z.object({
  days: count,
  percent: z.number().nullable().describe('Planned maintenance counts as down. Unknown time does not count.'),
  percent_without_maintenance: z.number().nullable().describe('Neither maintenance nor unknown time counts.'),
  known_percent: z.number().describe('The share of the days in which the state was known'),
});

/** The free resources of a batch system; null if its snapshot does not have them. */
export const freeSchema = z.object({
  cores: count.nullable(),
  gpus: count.nullable(),
  nodes: count.nullable().describe('Nodes with at least one free core'),
  node_types: z
    .array(
      z.object({
        node_type: z.string(),
        nodes: count.describe('Nodes with at least one free core'),
        cores_per_node: count.nullable(),
        gpus_per_node: count.nullable(),
      }),
    )
    .readonly(),
});

/** A system and its current state. */
export const systemSchema = z.object({
  name: z.string(),
  label: z.string(),
  kind: z.enum(['batch', 'hub']),
  state: stateSchema,
  reasons: z.array(z.string()).readonly(),
  since: time.nullable().describe('When the state began; null if that is not known'),
  uptime: uptimeSchema,
  timestamp: time.describe('The timestamp of the newest snapshot'),
  received_at: time,
  age: count.describe('The age of the newest snapshot in seconds'),
  failed_probes: z.array(z.string()).readonly(),
  free: freeSchema.nullable(),
});

/** An outage with its time line. */
export const outageWithUpdatesSchema = outageRowSchema.extend({
  updates: z
    .array(
      z.object({
        at: time,
        by: z.string().optional(),
        changes: z.record(z.string(), z.string().nullable()).describe('The new value of each changed field'),
      }),
    )
    .readonly(),
});

/** A reservation as the SAM API lists it. */
export const reservationRowSchema = z.object({
  reservation_id: count,
  system_name: z.string(),
  reservation_name: z.string(),
  description: z.string().nullable(),
  start_time: time,
  end_time: time,
  node_count: count.nullable(),
  partition: z.string().nullable(),
  created_at: time,
  updated_at: time.describe('The timestamp of the snapshot that reported it last'),
});

/** What snapshots reported about a reservation over time. */
export const reservationHistorySchema = z.object({
  system: z.string(),
  name: z.string(),
  last_reported: time.describe('The timestamp of the last snapshot that reported it'),
  changes: z
    .array(
      z.object({
        at: time.describe('The timestamp of the first snapshot that reported it so'),
        silent_since: time
          .nullable()
          .describe('The last snapshot that reported it before, if that was more than 30 minutes earlier'),
        ...reservationRowSchema.pick({
          start_time: true,
          end_time: true,
          node_count: true,
          partition: true,
          description: true,
        }).shape,
      }),
    )
    .readonly()
    .describe('The oldest first'),
});

const ids = z.array(count);

/** The answer to a snapshot. */
export const storedSnapshotSchema = z.object({
  success: z.literal(true),
  message: z.string(),
  status_id: count,
  timestamp: time,
  login_node_ids: ids.optional(),
  queue_ids: ids.optional(),
  user_project_queue_ids: ids.optional(),
  filesystem_ids: ids.optional(),
  node_type_ids: ids.optional(),
  reservation_ids: ids.optional(),
  queue_definitions_applied: count.optional(),
});

/** The answer to a report of an outage. */
export const storedOutageSchema = z.object({
  success: z.literal(true),
  message: z.string(),
  outage_id: count,
  system_name: z.string(),
  severity: z.enum(severities),
  outage_key: z.string().optional(),
});

/** The answer to a change of an outage. */
export const changedOutageSchema = z.object({
  success: z.literal(true),
  outage_id: count,
  status: z.enum(outageStatuses),
});

/** The newest snapshot: everything that was sent, and these members. */
export const latestSchema = z.looseObject({
  status_id: count,
  timestamp: time,
  created_at: time,
  received_at: time,
  collection_failed: z.array(z.string()),
});

export const errorSchema = z.object({ error: z.string() });
