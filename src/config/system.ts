import { z } from 'zod';
import { isTimeZone } from '../lib/time.ts';
import {
  absolutePath,
  apiName,
  commonSettings,
  type FailedProbePolicy,
  hostName,
  maxNameLength,
  mebibytes,
  seconds,
} from './fields.ts';
import type { HubSystem } from './hub.ts';

/** What one resource of a node must be: one of its comma-separated values, or a number of at least so much. */
const resourceCondition = z.union(
  [z.string(), z.number().transform(String), z.strictObject({ at_least: z.number() })],
  'must be a text, a number, or { at_least: NUMBER }',
);

/** One rule: the first whose conditions all hold gives a node its class and type. Without `when` it always holds. */
const nodeRule = z.strictObject({
  when: z
    .strictObject({
      /** By name, whatever the case. */
      resources: z.record(z.string(), resourceCondition).optional(),
      memory_gib_at_least: z.number().optional(),
      /** A pattern with `*` and `?`. */
      host: z.string().optional(),
    })
    .optional(),
  class: z.enum(['cpu', 'gpu', 'viz']),
  /** The name under which `node_types` reports it; without one the node is in the totals only. */
  type: z.string().max(64).optional(),
});

const hardware = z.strictObject({
  cores_per_node: z.int().nullable().optional(),
  memory_gb_per_node: z.int().nullable().optional(),
  gpu_model: z.string().max(64).nullable().optional(),
  gpus_per_node: z.int().nullable().optional(),
});

/** The schedulers that can be asked. */
export const schedulers = ['pbs', 'slurm'] as const;
export type Scheduler = (typeof schedulers)[number];

/** `<system>.yaml` of a cluster with a scheduler. */
export const systemSchema = z.strictObject({
  ...commonSettings,
  scheduler: z.enum(schedulers).default('pbs'),
  /** Where the scheduler's commands and df run; null for this host. */
  scheduler_host: hostName.nullable().default(null),
  /** Reach login nodes by way of `scheduler_host`, or from this host. */
  login_nodes_via: z.enum(['scheduler_host', 'direct']).default('scheduler_host'),
  login_nodes: z
    .array(
      z.strictObject({
        name: hostName.max(maxNameLength),
        type: z.enum(['cpu', 'gpu', 'data-access']).optional(),
        /** What ssh is given, where it is not the name. */
        host: hostName.optional(),
      }),
    )
    .default([]),
  /** Paths by the names they are reported under. */
  mounts: z.record(apiName, absolutePath).default({}),
  /** Names of `mounts`, or paths. */
  filesystems: z.array(apiName).default([]),
  /** Queues that are reported even while they have no jobs. */
  queues: z.array(apiName).default([]),
  timezone: z.string().refine(isTimeZone, 'is no IANA time zone such as America/Denver').default('UTC'),
  node_rules: z
    .array(nodeRule)
    .min(1)
    .default([{ when: { resources: { ngpus: { at_least: 1 } } }, class: 'gpu' }, { class: 'cpu' }]),
  node_types: z.record(z.string(), hardware).default({}),
  /** Percent of a filesystem's size in use over which it is degraded. */
  degraded_above: z.number().min(0).max(100).default(90),
  load_as: z.enum(['raw', 'percent']).default('raw'),
  timeouts: z.strictObject({ command: seconds.optional(), connect: seconds.optional() }).default({}),
  max_output_mib: z
    .strictObject({ scheduler: mebibytes.default(1024), host: mebibytes.default(1) })
    .default({ scheduler: 1024, host: 1 }),
});

/** A cluster's settings as its YAML gives them. */
export type SystemSettings = z.output<typeof systemSchema>;
export type NodeRule = z.output<typeof nodeRule>;
export type NodeHardware = z.output<typeof hardware>;

/** A cluster with a scheduler, complete. */
export type BatchSystem = Omit<SystemSettings, 'filesystems' | 'on_failed_probe' | 'timeouts'> & {
  readonly kind: 'batch';
  readonly filesystems: readonly { readonly name: string; readonly path: string }[];
  readonly on_failed_probe: FailedProbePolicy;
  /** Seconds. */
  readonly timeouts: { readonly command: number; readonly connect: number };
};

/** One observed system, complete. */
export type System = BatchSystem | HubSystem;
