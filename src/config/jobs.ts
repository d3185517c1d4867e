import { z } from 'zod';
import { clusterNameRule, isClusterName } from '../lib/cluster-name.ts';
import { isTimeZone } from '../lib/time.ts';
import { absolutePath, hostName, seconds } from './fields.ts';

/** `jobs:` of `collector.yaml`: the history of finished jobs. */
export const jobsSettings = z
  .strictObject({
    /** What the jobs are sent under; what Slurm calls the cluster if absent. */
    cluster_name: z.string().refine(isClusterName, clusterNameRule).optional(),
    /** How far the first export goes back, and for how long a record that cannot be read is tried again. */
    window_days: z.int().min(1).max(3660).default(7),
    /** Where sacct runs; null for this host. */
    host: hostName.nullable().default(null),
    /** The zone of the times that are sent, and of `--start-date` and `--end-date`. */
    timezone: z.string().refine(isTimeZone, 'is no IANA time zone such as America/Denver').default('UTC'),
    /** For one call of sacct. */
    timeout: seconds.default(300),
    /** The most jobs of one entry; `destinations.ingest.max_body_bytes` may leave room for fewer. */
    batch_jobs: z.int().min(1).max(10_000).default(1000),
    /** Directories in which sacct is looked for after PATH; replaces the built-in list. */
    search_path: z.array(absolutePath).optional(),
    /** A configuration file for ssh in place of the user's. */
    ssh_config: absolutePath.optional(),
    /** Variables that sacct gets, where it runs. */
    environment: z.strictObject({ SLURM_CONF: absolutePath.optional() }).default({}),
  })
  .prefault({});

export type JobsSettings = z.output<typeof jobsSettings>;
