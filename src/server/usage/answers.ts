import { z } from 'zod';
import { periodKinds } from './engine/periods.ts';

// The forms of the answers of the usage API. The OpenAPI document and the types of the dashboard are made of them.

const date = z.string().describe('A day, such as 2026-11-20');
const time = z.string().describe('ISO 8601, UTC');
const hours = z.number().describe('Hours');
const amount = z.number();
const count = z.int().min(0);

/** Statistics of waiting times or durations in hours. Quantiles interpolate between neighbours. */
export const timingSchema = z.object({
  jobs: count,
  ...{ mean: hours, min: hours, p25: hours, median: hours, p75: hours, p90: hours, p95: hours, p99: hours, max: hours },
});

/** The jobs in each class of hours: below the first bound, from it to below the second, and so on. */
export const histogramSchema = z.object({ bounds_hours: z.array(hours).readonly(), jobs: z.array(count).readonly() });

const efficiencySchema = z.object({ jobs: count, percent: z.number() });

const measures = {
  jobs: amount,
  users: amount,
  cpu_hours: hours,
  gpu_hours: hours,
  node_hours: hours,
  wait: timingSchema.nullable(),
  duration: timingSchema.nullable(),
  wait_histogram: histogramSchema.nullable(),
  duration_histogram: histogramSchema.nullable(),
  efficiency: efficiencySchema.nullable().describe('Null if no job was sampled on all its nodes'),
};

/** The values of the measures that were asked for. */
export const valuesSchema = z.object(measures).partial();

const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();

/** The values of the same measures in each period. */
const seriesSchema = z
  .object({
    jobs: listOf(measures.jobs),
    users: listOf(measures.users),
    cpu_hours: listOf(measures.cpu_hours),
    gpu_hours: listOf(measures.gpu_hours),
    node_hours: listOf(measures.node_hours),
    wait: listOf(measures.wait),
    duration: listOf(measures.duration),
    wait_histogram: listOf(measures.wait_histogram),
    duration_histogram: listOf(measures.duration_histogram),
    efficiency: listOf(measures.efficiency),
  })
  .partial();

const groupSchema = z.object({
  name: z.string().nullable().describe('Null for jobs without a QOS, a node list or a sample'),
  total: valuesSchema,
  series: seriesSchema.nullable(),
});

const periodSchema = z.object({ start: date, end: date, partial: z.boolean() });

/** The answer to a question about jobs. */
export const usageSchema = z.object({
  axis: z.string(),
  from: date,
  to: date,
  clusters: z.array(z.object({ name: z.string(), timezone: z.string() })).readonly(),
  by: z.string().nullable(),
  period: z.enum(periodKinds).nullable(),
  periods: z.array(periodSchema).readonly(),
  total: valuesSchema,
  series: seriesSchema.nullable().describe('Null without a period'),
  groups: z.array(groupSchema).readonly().describe('The largest first'),
  others: groupSchema
    .omit({ name: true })
    .extend({ groups: count })
    .nullable()
    .describe('The groups that are not named; null if all are'),
  previous: z.object({ from: date, to: date, total: valuesSchema }).nullable().describe('Null without compare'),
  notes: z.array(z.string()).readonly(),
});

const utilisedSchema = z.object({
  days: count,
  known_days: count.describe('Days of which snapshots say how many hours were up'),
  cpu_hours_used: hours,
  cpu_hours_available: hours.nullable(),
  cpu_percent: z.number().nullable().describe('Of the known days'),
  gpu_hours_used: hours,
  gpu_hours_available: hours.nullable(),
  gpu_percent: z.number().nullable().describe('Of the known days'),
});

/** The hours that jobs used of those that were up. */
export const utilisationSchema = z.object({
  cluster: z.string(),
  from: date,
  to: date,
  period: z.enum(periodKinds).nullable(),
  total: utilisedSchema,
  periods: z.array(utilisedSchema.extend(periodSchema.shape)).readonly(),
  notes: z.array(z.string()).readonly(),
});

/** Everything that the usage page shows, or why there is nothing to show. */
export const usagePageSchema = z.union([
  z.object({
    usage: usageSchema,
    sizes: usageSchema,
    states: usageSchema,
    nodes: usageSchema,
    utilisation: z
      .array(utilisationSchema)
      .readonly()
      .nullable()
      .describe('Null if a filter leaves out jobs, or if the window has too many days'),
  }),
  z.object({ problem: z.string().describe('Why there is nothing to show') }),
]);

/** How long a job will wait. */
export const expectedWaitSchema = z.object({
  cluster: z.string(),
  partition: z.string(),
  size: z.string().describe('The class of CPUs'),
  queued: count.nullable().describe('Pending jobs; null for any number'),
  days: count.describe('The days of submission of the jobs that the answer rests on'),
  jobs: count,
  median_hours: hours.nullable().describe('Null below 30 jobs'),
  p90_hours: hours.nullable(),
  reason: z.string().nullable().describe('Why the hours are null'),
});

/** Jobs that an outage ended, and the hours that they had used. */
export const lostSchema = z.object({ jobs: count, cpu_hours: hours, gpu_hours: hours, node_hours: hours });

/** The cost of the outages of a cluster. */
export const outageCostsSchema = z.object({
  cluster: z.string(),
  outages: z
    .array(
      z.object({
        outage_id: count,
        title: z.string(),
        severity: z.string(),
        component: z.string().nullable(),
        start_time: time,
        end_time: time.nullable(),
        cost: z
          .object({ node_fail: lostSchema, failed_or_cancelled: lostSchema })
          .nullable()
          .describe('Null if no jobs of the cluster are known'),
      }),
    )
    .readonly(),
});

/** A report of a month, a quarter or a year. */
export const reportSchema = z.object({
  cluster: z.string(),
  period: z.string(),
  complete: z.boolean().describe('False before the period has ended'),
  generated_at: time,
  summary: usageSchema,
  states: usageSchema,
  accounts: usageSchema,
  partitions: usageSchema,
  timeline: usageSchema,
});

/** A run of a job. */
export const jobRunSchema = z.object({
  job_id: z.string(),
  user: z.string().nullable().describe('Null if the client must not see it'),
  account: z.string(),
  partition: z.string(),
  qos: z.string().nullable(),
  state: z.string(),
  submit: time,
  start: time.nullable(),
  end: time.nullable(),
  wait_hours: hours.nullable(),
  elapsed_hours: hours.nullable(),
  cpus: count,
  gpus: count,
  nodes: count,
  node_list: z.string().nullable(),
  cpu_hours: hours,
  gpu_hours: hours,
});

/** A page of the jobs that ended in a window. */
export const jobListSchema = z.object({
  from: date,
  to: date,
  total: count.describe('The number of jobs in the window'),
  jobs: z
    .array(jobRunSchema.extend({ cluster: z.string() }))
    .readonly()
    .describe('The newest end first'),
  next: z.string().nullable().describe('The parameter `after` of the next page; null on the last one'),
});
