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

/** A condition on one resource of a node: one of its comma-separated values, or a least number. */
const resourceCondition = z.union(
  [z.string(), z.number().transform(String), z.strictObject({ at_least: z.number() })],
  'must be a text, a number, or { at_least: NUMBER }',
);

/**
 * A node rule. The first rule whose conditions all hold gives a node its class and type; a rule without `when` always
 * holds.
 */
const nodeRule = z.strictObject({
  when: z
    .strictObject({
      /** By resource name; upper and lower case are the same. */
      resources: z.record(z.string(), resourceCondition).optional(),
      memory_gib_at_least: z.number().optional(),
      /** A pattern with `*` and `?`. */
      host: z.string().optional(),
    })
    .optional(),
  class: z.enum(['cpu', 'gpu', 'viz']),
  /**
   * The name in `node_types`; a node without a type is only in the totals. `{ngpus}` and `{ncpus}` in it stand for the
   * counts of the node.
   */
  type: z.string().max(64).optional(),
});

const hardware = z.strictObject({
  cores_per_node: z.int().nullable().optional(),
  memory_gb_per_node: z.int().nullable().optional(),
  gpu_model: z.string().max(64).nullable().optional(),
  gpus_per_node: z.int().nullable().optional(),
});

/** The supported schedulers. */
export const schedulers = ['pbs', 'slurm'] as const;
export type Scheduler = (typeof schedulers)[number];

/** The schema of `<system>.yaml` of a cluster. */
export const systemSchema = z.strictObject({
  ...commonSettings,
  scheduler: z.enum(schedulers).default('pbs'),
  /** The host that runs the scheduler commands and df; null for this host. */
  scheduler_host: hostName.nullable().default(null),
  /** The way to the login nodes: through `scheduler_host`, or directly. */
  login_nodes_via: z.enum(['scheduler_host', 'direct']).default('scheduler_host'),
  login_nodes: z
    .array(
      z.strictObject({
        name: hostName.max(maxNameLength),
        type: z.enum(['cpu', 'gpu', 'data-access']).optional(),
        /** The host for ssh, if it is not the name. */
        host: hostName.optional(),
      }),
    )
    .default([]),
  /** Paths of filesystems, by reported name. */
  mounts: z.record(apiName, absolutePath).default({}),
  /** Names of `mounts`, or paths. */
  filesystems: z.array(apiName).default([]),
  /** Queues that are reported even without jobs. */
  queues: z.array(apiName).default([]),
  timezone: z.string().refine(isTimeZone, 'is not an IANA time zone such as America/Denver').default('UTC'),
  node_rules: z
    .array(nodeRule)
    .min(1)
    .default([{ when: { resources: { ngpus: { at_least: 1 } } }, class: 'gpu' }, { class: 'cpu' }]),
  node_types: z.record(z.string(), hardware).default({}),
  /** Percent of a filesystem in use above which it is degraded. */
  degraded_above: z.number().min(0).max(100).default(90),
  load_as: z.enum(['raw', 'percent']).default('raw'),
  timeouts: z.strictObject({ command: seconds.optional(), connect: seconds.optional() }).default({}),
  max_output_mib: z
    .strictObject({ scheduler: mebibytes.default(1024), host: mebibytes.default(1) })
    .default({ scheduler: 1024, host: 1 }),
});

/** The settings of a cluster as its YAML gives them. */
export type SystemSettings = z.output<typeof systemSchema>;
export type NodeRule = z.output<typeof nodeRule>;
export type NodeHardware = z.output<typeof hardware>;

/** A cluster with all settings completed. */
export type BatchSystem = Omit<SystemSettings, 'filesystems' | 'on_failed_probe' | 'deliver_to' | 'timeouts'> & {
  readonly kind: 'batch';
  readonly filesystems: readonly { readonly name: string; readonly path: string }[];
  readonly on_failed_probe: FailedProbePolicy;
  /** The names of the destinations of its snapshots and outages; at least one. */
  readonly deliver_to: readonly string[];
  /** In seconds. */
  readonly timeouts: { readonly command: number; readonly connect: number };
};

/** An observed system with all settings completed. */
export type System = BatchSystem | HubSystem;
