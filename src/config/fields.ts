import { z } from 'zod';
import { deliverTo } from './destinations.ts';
import { outageRules } from './outage-rules.ts';

/** The SAM API's longest system, node, queue, filesystem and user name. */
export const maxNameLength = 32;

/** A host for ssh: `[user@]name`. It becomes an argument, so it must not look like an option. */
export const hostName = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.:-]*$/,
    'is not a host name (letters, digits, dots and dashes)',
  );

export const absolutePath = z
  .string()
  .regex(
    /^\/[^\u0000-\u001f\u007f]*$/,
    'is not an absolute path (it must begin with / and have no control characters)',
  );

/** A name that the API accepts. */
export const apiName = z.string().min(1).max(maxNameLength);
export const seconds = z.number().positive().max(3600);
export const mebibytes = z.number().positive();

export const failedProbePolicy = z.enum(['last-known', 'zero', 'skip']);

/** The settings that the YAML of every system can have. */
export const commonSettings = {
  system_name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'must be lower-case letters, digits, - or _ (at most 32)')
    .refine((name) => name !== 'outage', 'must not be outage: the API uses that address for outages'),
  on_failed_probe: failedProbePolicy.optional(),
  /** The destinations of the snapshots and outages. */
  deliver_to: deliverTo.optional(),
  /** True if `run` reports and resolves outages from the snapshots. */
  detect_outages: z.boolean().default(false),
  outage_rules: outageRules,
  /** Short names of the hosts on which `run` collects this system; all hosts if absent. */
  hosts: z.array(hostName).optional(),
  /** Directories to search for commands after PATH; replaces the built-in list. */
  search_path: z.array(absolutePath).optional(),
  /** The configuration file for ssh; replaces the user's. */
  ssh_config: absolutePath.optional(),
  /** Environment variables for every command of the system, on this and other hosts. */
  environment: z
    .strictObject({ PBS_CONF_FILE: absolutePath.optional(), SLURM_CONF: absolutePath.optional() })
    .default({}),
};

export type FailedProbePolicy = z.output<typeof failedProbePolicy>;
