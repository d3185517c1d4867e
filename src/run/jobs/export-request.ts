import { type ClusterSettings, clustersOf, type JobsSettings } from '../../config/jobs.ts';
import { checkedCluster, slurmClusterName } from '../../history/cluster-name.ts';
import { refuseOldRelease } from '../../history/release.ts';
import { sacctSource } from '../../history/sacct-source.ts';
import type { HistorySource, PartResult, PlanRequest } from '../../history/source.ts';
import { OperatorError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Context } from '../context.ts';
import { historyExecutor } from '../executors.ts';

/** The export of one cluster that the command line requests. */
export type ExportRequest = PlanRequest & {
  /** The settings of the cluster. */
  readonly jobs: ClusterSettings;
  /** Name of the cluster; null to use that of the configuration or of Slurm. */
  readonly cluster: string | null;
};

/**
 * Returns the clusters to export: with a name, that one of the configured clusters, or the single one by that name. Throws
 * OperatorError for an invalid or unknown name.
 */
export function chosenClusters(
  settings: JobsSettings,
  name: string | null,
): readonly Pick<ExportRequest, 'jobs' | 'cluster'>[] {
  const cluster = name === null ? null : checkedCluster(name, '--cluster-name');
  const clusters = clustersOf(settings);
  if (settings.clusters === undefined) return clusters.map((jobs) => ({ jobs, cluster }));
  const chosen = clusters.filter(({ cluster_name }) => cluster === null || cluster_name === cluster);
  if (chosen.length > 0) return chosen.map((jobs) => ({ jobs, cluster: jobs.cluster_name ?? null }));
  const names = Object.keys(settings.clusters).join(', ');
  throw new OperatorError(
    cluster === null
      ? 'jobs.clusters in collector.yaml has no cluster: add one, or remove clusters'
      : `--cluster-name ${cluster}: jobs.clusters in collector.yaml has no such cluster; it has ${names || 'none'}`,
  );
}

/** Returns the source of the jobs. Throws OperatorError if sacct is too old or the cluster's name is unknown. */
export async function sourceOf({ jobs, cluster }: ExportRequest, { config }: Context): Promise<HistorySource> {
  const executor = historyExecutor(jobs);
  const bodyLimits = jobs.deliver_to.flatMap((name) => config.destinations.get(name)?.max_body_bytes ?? []);
  await refuseOldRelease(executor, jobs.host);
  return sacctSource({
    cluster: cluster ?? jobs.cluster_name ?? (await slurmClusterName(executor, jobs.host)),
    executor,
    host: jobs.host,
    timeoutSeconds: jobs.timeout,
    timeZone: jobs.timezone,
    // The drain refuses a larger body.
    limits: { maxJobs: jobs.batch_jobs, maxBytes: Math.min(...bodyLimits) },
    windowDays: jobs.window_days,
    hasRunSuffix: jobs.run_suffix ?? false,
  });
}

/** Logs records that could not be read or were corrected. */
export function logDamage({ errors, warnings }: PartResult, log: Log): void {
  for (const warning of warnings) log.warn(warning);
  for (const error of errors) log.error(`✗ ${error}`);
}
