import { z } from 'zod';
import { clusterNameRule, isClusterName } from '../lib/cluster-name.ts';
import { isTimeZone } from '../lib/time.ts';
import { deliverTo } from './destinations.ts';
import { absolutePath, hostName, seconds } from './fields.ts';

/** `jobs:` of `collector.yaml`: the history of finished jobs. */
export const jobsSettings = z
  .strictObject({
    /** The cluster name that is sent with the jobs; the ClusterName of Slurm if absent. */
    cluster_name: z.string().refine(isClusterName, clusterNameRule).optional(),
    /** The destinations of finished jobs. */
    deliver_to: deliverTo.default(['ingest']),
    /** The days that the first export goes back. An unreadable record is tried again for this many days too. */
    window_days: z.int().min(1).max(3660).default(7),
    /** The host that runs sacct; null for this host. */
    host: hostName.nullable().default(null),
    /** The time zone of sent times, and of `--start-date` and `--end-date`. */
    timezone: z.string().refine(isTimeZone, 'is not an IANA time zone such as America/Denver').default('UTC'),
    /** The time limit for one call of sacct, in seconds. */
    timeout: seconds.default(300),
    /** The largest number of jobs in one entry; `destinations.ingest.max_body_bytes` can reduce it. */
    batch_jobs: z.int().min(1).max(10_000).default(1000),
    /** Directories to search for sacct after PATH; replaces the built-in list. */
    search_path: z.array(absolutePath).optional(),
    /** The configuration file for ssh; replaces the user's. */
    ssh_config: absolutePath.optional(),
    /** Environment variables for sacct. */
    environment: z.strictObject({ SLURM_CONF: absolutePath.optional() }).default({}),
  })
  .prefault({});

export type JobsSettings = z.output<typeof jobsSettings>;
