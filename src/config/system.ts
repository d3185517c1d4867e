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
      resources: z
        .record(z.string(), resourceCondition)
        .optional()
        .describe('values of node resources, such as `{ ngpus: { at_least: 1 } }` or `{ gpu_type: a100 }`'),
      memory_gib_at_least: z.number().optional().describe('least memory in GiB'),
      host: z.string().optional().describe('pattern of host names with `*` and `?`'),
    })
    .optional(),
  class: z.enum(['cpu', 'gpu', 'viz']).describe('`cpu`, `gpu` or `viz`'),
  type: z
    .string()
    .max(64)
    .optional()
    .describe(
      'name in `node_types`, in which `{ngpus}` and `{ncpus}` stand for the counts of the node; without it the node is only in the totals',
    ),
});

const hardware = z.strictObject({
  cores_per_node: z.int().nullable().optional().describe('number of cores'),
  memory_gb_per_node: z.int().nullable().optional().describe('memory in GiB'),
  gpu_model: z.string().max(64).nullable().optional().describe('model of the GPUs'),
  gpus_per_node: z.int().nullable().optional().describe('number of GPUs'),
});

/** The supported schedulers. */
export const schedulers = ['pbs', 'slurm'] as const;
export type Scheduler = (typeof schedulers)[number];

/** The schema of `<system>.yaml` of a cluster. */
export const systemSchema = z.strictObject({
  ...commonSettings,
  scheduler: z.enum(schedulers).default('pbs').describe('`pbs` or `slurm`'),
  scheduler_host: hostName
    .nullable()
    .default(null)
    .describe('host to run scheduler commands and `df` on, by ssh (default: this host)'),
  login_nodes_via: z
    .enum(['scheduler_host', 'direct'])
    .default('scheduler_host')
    .describe('ssh to login nodes through `scheduler_host`, or `direct`'),
  login_nodes: z
    .array(
      z.strictObject({
        name: hostName.max(maxNameLength).describe('name to report'),
        type: z.enum(['cpu', 'gpu', 'data-access']).optional().describe('`cpu`, `gpu` or `data-access`'),
        host: hostName.optional().describe('host for ssh, if it is not the name'),
      }),
    )
    .default([])
    .describe('login nodes to report'),
  mounts: z.record(apiName, absolutePath).default({}).describe('paths of filesystems, by the name to report'),
  filesystems: z.array(apiName).default([]).describe('filesystems to report: names of `mounts`, or paths'),
  queues: z.array(apiName).default([]).describe('queues that are reported even while they are empty'),
  timezone: z
    .string()
    .refine(isTimeZone, 'is not an IANA time zone such as America/Denver')
    .default('UTC')
    .describe('IANA zone of the times that PBS prints'),
  node_rules: z
    .array(nodeRule)
    .min(1)
    .default([{ when: { resources: { ngpus: { at_least: 1 } } }, class: 'gpu' }, { class: 'cpu' }])
    .describe('the first matching rule gives a node its class (default: nodes with a GPU are `gpu`, others `cpu`)'),
  node_types: z.record(z.string(), hardware).default({}).describe('hardware of node types, by name'),
  degraded_above: z
    .number()
    .min(0)
    .max(100)
    .default(90)
    .describe('percent of a filesystem in use above which it is degraded'),
  load_as: z
    .enum(['raw', 'percent'])
    .default('raw')
    .describe('load averages as they are (`raw`), or in percent of the CPUs (`percent`)'),
  timeouts: z
    .strictObject({
      command: seconds.optional().describe('seconds for a command (default: 30); `PBS_COMMAND_TIMEOUT` wins'),
      connect: seconds.optional().describe('seconds to connect by ssh (default: 10); `SSH_TIMEOUT` wins'),
    })
    .default({}),
  max_output_mib: z
    .strictObject({
      scheduler: mebibytes.default(1024).describe('largest output of a scheduler command in MiB'),
      host: mebibytes.default(1).describe('largest output of other commands in MiB'),
    })
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
