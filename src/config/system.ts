import { z } from 'zod';
import { isTimeZone } from '../lib/time.ts';
import { outageRules } from './outage-rules.ts';

/** The SAM API's longest system, node, queue, filesystem and user name. */
const maxNameLength = 32;

/** A host for ssh: `[user@]name`. It becomes an argument, so it must not look like an option. */
export const hostName = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.:-]*$/,
    'is no host name (letters, digits, dots and dashes)',
  );

const absolutePath = z
  .string()
  .regex(/^\/[^\u0000-\u001f\u007f]*$/, 'is no absolute path (it must begin with / and have no control characters)');

const apiName = z.string().min(1).max(maxNameLength);
const seconds = z.number().positive().max(3600);
const mebibytes = z.number().positive();

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

export const failedProbePolicy = z.enum(['last-known', 'zero', 'skip']);

/** `<system>.yaml`. */
export const systemSchema = z.strictObject({
  system_name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'must be lower-case letters, digits, - or _ (at most 32)')
    .refine((name) => name !== 'outage', 'must not be outage: the API takes outages at that address'),
  scheduler: z.literal('pbs').default('pbs'),
  /** Where the scheduler's commands and df run; null for this host. */
  pbs_host: hostName.nullable().default(null),
  /** Reach login nodes by way of `pbs_host`, or from this host. */
  login_nodes_via: z.enum(['pbs_host', 'direct']).default('pbs_host'),
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
  on_failed_probe: failedProbePolicy.optional(),
  /** Whether `run` reports and resolves outages by what the snapshots say. */
  detect_outages: z.boolean().default(false),
  outage_rules: outageRules,
  /** Short names of the hosts on which `run` acts on this system; everywhere if absent. */
  hosts: z.array(hostName).optional(),
  timeouts: z.strictObject({ command: seconds.optional(), connect: seconds.optional() }).default({}),
  max_output_mib: z
    .strictObject({ scheduler: mebibytes.default(1024), host: mebibytes.default(1) })
    .default({ scheduler: 1024, host: 1 }),
  /** Directories in which commands are looked for after PATH; replaces the built-in list. */
  search_path: z.array(absolutePath).optional(),
  /** A configuration file for ssh in place of the user's. */
  ssh_config: absolutePath.optional(),
});

/** One system's settings as its YAML gives them. */
export type SystemSettings = z.output<typeof systemSchema>;
export type NodeRule = z.output<typeof nodeRule>;
export type NodeHardware = z.output<typeof hardware>;
export type FailedProbePolicy = z.output<typeof failedProbePolicy>;

/** One observed system, complete. */
export type System = Omit<SystemSettings, 'filesystems' | 'on_failed_probe' | 'timeouts'> & {
  readonly filesystems: readonly { readonly name: string; readonly path: string }[];
  readonly on_failed_probe: FailedProbePolicy;
  /** Seconds. */
  readonly timeouts: { readonly command: number; readonly connect: number };
};
