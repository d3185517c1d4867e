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
    .refine((name) => name !== 'outage', 'must not be outage: the API uses that address for outages')
    .describe('name of the system (default: the name of the file)'),
  on_failed_probe: failedProbePolicy
    .optional()
    .describe('what to send for a failed probe: `last-known`, `zero` or `skip` (default: that of `collector.yaml`)'),
  deliver_to: deliverTo
    .optional()
    .describe('destinations of its snapshots and outages (default: those of `collector.yaml`)'),
  detect_outages: z.boolean().default(false).describe('report outages automatically (`help outages`)'),
  outage_rules: outageRules,
  hosts: z
    .array(hostName)
    .optional()
    .describe('short names of the hosts on which `run` collects this system (default: all)'),
  search_path: z
    .array(absolutePath)
    .optional()
    .describe('directories to find commands in, after `PATH`; replaces the built-in list'),
  ssh_config: absolutePath.optional().describe('file for `ssh -F`'),
  environment: z
    .strictObject({
      PBS_CONF_FILE: absolutePath.optional().describe('`pbs.conf` for commands, where they run'),
      SLURM_CONF: absolutePath.optional().describe('`slurm.conf` for commands, where they run'),
    })
    .default({}),
};

export type FailedProbePolicy = z.output<typeof failedProbePolicy>;
