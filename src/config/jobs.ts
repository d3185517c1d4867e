import { z } from 'zod';
import { clusterNameRule, isClusterName } from '../lib/cluster-name.ts';
import { isTimeZone } from '../lib/time.ts';
import { deliverTo } from './destinations.ts';
import { absolutePath, hostName, seconds } from './fields.ts';

const clusterName = z.string().refine(isClusterName, clusterNameRule);

/** The settings for the history of one cluster. They have no defaults here: a cluster of `clusters` takes those of `jobs`. */
const clusterFields = {
  source: z.enum(['sacct', 'pbs-accounting', 'qstat']).describe('`sacct`, `pbs-accounting` or `qstat`'),
  /** An unreadable record of sacct is tried again for this many days too. */
  window_days: z.int().min(1).max(3660).describe('days that the first export goes back'),
  host: hostName
    .nullable()
    .describe('host to run `sacct` or `qstat` on, or that has the accounting files, by ssh (default: this host)'),
  /** Also the time zone of `--start-date` and `--end-date`. */
  timezone: z
    .string()
    .refine(isTimeZone, 'is not an IANA time zone such as America/Denver')
    .describe('IANA zone of the times that are sent'),
  timeout: seconds.describe('seconds for one call of `sacct` or `qstat`, or for one accounting file'),
  /** `destinations.ingest.max_body_bytes` can reduce it. */
  batch_jobs: z.int().min(1).max(10_000).describe('most jobs in one entry'),
  search_path: z
    .array(absolutePath)
    .optional()
    .describe('directories to find the programs in, after `PATH`; replaces the built-in list'),
  ssh_config: absolutePath.optional().describe('file for `ssh -F`'),
  environment: z.strictObject({
    SLURM_CONF: absolutePath.optional().describe('`slurm.conf` for `sacct`, where it runs'),
    PBS_CONF_FILE: absolutePath.optional().describe('`pbs.conf` for `qstat`, where it runs'),
  }),
  accounting_path: absolutePath.describe('directory of the accounting files of PBS, or one such file'),
  exclusive: z
    .enum(['held', 'requested'])
    .describe(
      'CPUs and GPUs of an exclusive job of PBS: all that it holds (`held`), or those that it requests (`requested`)',
    ),
  check_with_qstat: z.boolean().describe('let `qstat -x` decide how a job of the accounting log ended'),
  run_suffix: z
    .boolean()
    .optional()
    .describe('ids of their own for earlier runs of a requeued job (default: `true` for PBS, `false` for Slurm)'),
};

const defaults = {
  source: clusterFields.source.default('sacct'),
  window_days: clusterFields.window_days.default(7),
  host: clusterFields.host.default(null),
  timezone: clusterFields.timezone.default('UTC'),
  timeout: clusterFields.timeout.default(300),
  batch_jobs: clusterFields.batch_jobs.default(1000),
  environment: clusterFields.environment.default({}),
  accounting_path: clusterFields.accounting_path.default('/var/spool/pbs/server_priv/accounting'),
  exclusive: clusterFields.exclusive.default('held'),
  check_with_qstat: clusterFields.check_with_qstat.default(false),
};

const clusterSettings = z.object({
  cluster_name: clusterName.optional().describe('name of the cluster (default: what Slurm reports)'),
  deliver_to: deliverTo.default(['ingest']).describe('destinations of finished jobs'),
  ...clusterFields,
  ...defaults,
});

const allSettings = z.strictObject({
  ...clusterSettings.shape,
  clusters: z
    .record(clusterName, z.strictObject(clusterFields).partial())
    .optional()
    .describe(
      'several clusters by name, instead of `jobs.cluster_name`; each can have most settings of `jobs`, if they differ for it',
    ),
});

export type JobsSettings = z.output<typeof allSettings>;

/** The settings for one cluster: with `clusters`, those of `jobs` and its own. */
export type ClusterSettings = z.output<typeof clusterSettings>;

/** Returns the settings of each cluster whose jobs are exported. */
export function clustersOf({ clusters, ...shared }: JobsSettings): readonly ClusterSettings[] {
  if (clusters === undefined) return [shared];
  return Object.entries(clusters).map(([name, own]) =>
    clusterSettings.parse({ ...shared, ...own, cluster_name: name }),
  );
}

/** `jobs:` of `collector.yaml`: the history of finished jobs. */
export const jobsSettings = allSettings
  .refine(({ cluster_name, clusters }) => cluster_name === undefined || clusters === undefined, {
    message: 'cluster_name cannot be used with clusters, whose keys are the names',
  })
  .refine((jobs) => clustersOf(jobs).every((one) => one.source === 'sacct' || one.cluster_name !== undefined), {
    message: 'cluster_name is missing: PBS has no name for a cluster',
  })
  .prefault({});
