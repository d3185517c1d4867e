import { z } from 'zod';
import { clusterNameRule, isClusterName } from '../lib/cluster-name.ts';
import { isTimeZone } from '../lib/time.ts';
import { deliverTo } from './destinations.ts';
import { absolutePath, hostName, seconds } from './fields.ts';

const clusterName = z.string().refine(isClusterName, clusterNameRule);

/** The settings for the history of one cluster. */
const clusterFields = {
  /** Where the finished jobs are read: from Slurm's `sacct`, from the accounting log of PBS, or from `qstat -x` of PBS. */
  source: z.enum(['sacct', 'pbs-accounting', 'qstat']),
  /** The days that the first export goes back. An unreadable record of sacct is tried again for this many days too. */
  window_days: z.int().min(1).max(3660),
  /** The host that runs sacct or qstat, or that has the accounting log; null for this host. */
  host: hostName.nullable(),
  /** The time zone of sent times, and of `--start-date` and `--end-date`. */
  timezone: z.string().refine(isTimeZone, 'is not an IANA time zone such as America/Denver'),
  /** The time limit for one call of sacct or qstat, or for reading one file, in seconds. */
  timeout: seconds,
  /** The largest number of jobs in one entry; `destinations.ingest.max_body_bytes` can reduce it. */
  batch_jobs: z.int().min(1).max(10_000),
  /** Directories to search for programs after PATH; replaces the built-in list. */
  search_path: z.array(absolutePath).optional(),
  /** The configuration file for ssh; replaces the user's. */
  ssh_config: absolutePath.optional(),
  /** Environment variables for the programs. */
  environment: z.strictObject({ SLURM_CONF: absolutePath.optional(), PBS_CONF_FILE: absolutePath.optional() }),
  /** The directory with the accounting files of a PBS server, or one such file. */
  accounting_path: absolutePath,
  /** The CPUs and GPUs of an exclusive job of PBS: all that it holds, or only those that it requests. */
  exclusive: z.enum(['held', 'requested']),
  /** True if `qstat -x` decides how a job of the accounting log ended, if the two differ. */
  check_with_qstat: z.boolean(),
  /** True if earlier runs of a requeued job get ids of their own. Absent for the default of the source. */
  run_suffix: z.boolean().optional(),
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
  /** The cluster name that is sent with the jobs; the ClusterName of Slurm if absent. */
  cluster_name: clusterName.optional(),
  /** The destinations of finished jobs. */
  deliver_to: deliverTo.default(['ingest']),
  ...clusterFields,
  ...defaults,
});

const allSettings = z.strictObject({
  ...clusterSettings.shape,
  /** Several clusters by name, each with the settings that differ from those of `jobs`. */
  clusters: z.record(clusterName, z.strictObject(clusterFields).partial()).optional(),
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
