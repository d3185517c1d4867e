import { z } from 'zod';
import { outageRules } from './outage-rules.ts';

/** The SAM API's longest system, node, queue, filesystem and user name. */
export const maxNameLength = 32;

/** A host for ssh: `[user@]name`. It becomes an argument, so it must not look like an option. */
export const hostName = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.:-]*$/,
    'is no host name (letters, digits, dots and dashes)',
  );

export const absolutePath = z
  .string()
  .regex(/^\/[^\u0000-\u001f\u007f]*$/, 'is no absolute path (it must begin with / and have no control characters)');

/** A name that the API takes. */
export const apiName = z.string().min(1).max(maxNameLength);
export const seconds = z.number().positive().max(3600);
export const mebibytes = z.number().positive();

export const failedProbePolicy = z.enum(['last-known', 'zero', 'skip']);

/** What every system's YAML may have, whatever is observed. */
export const commonSettings = {
  system_name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'must be lower-case letters, digits, - or _ (at most 32)')
    .refine((name) => name !== 'outage', 'must not be outage: the API takes outages at that address'),
  on_failed_probe: failedProbePolicy.optional(),
  /** Whether `run` reports and resolves outages by what the snapshots say. */
  detect_outages: z.boolean().default(false),
  outage_rules: outageRules,
  /** Short names of the hosts on which `run` acts on this system; everywhere if absent. */
  hosts: z.array(hostName).optional(),
  /** Directories in which commands are looked for after PATH; replaces the built-in list. */
  search_path: z.array(absolutePath).optional(),
  /** A configuration file for ssh in place of the user's. */
  ssh_config: absolutePath.optional(),
  /** Variables that every command of the system gets, here and on other hosts. */
  environment: z
    .strictObject({ PBS_CONF_FILE: absolutePath.optional(), SLURM_CONF: absolutePath.optional() })
    .default({}),
};

export type FailedProbePolicy = z.output<typeof failedProbePolicy>;
