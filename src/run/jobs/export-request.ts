import { type ClusterSettings, clustersOf, type JobsSettings } from '../../config/jobs.ts';
import type { Executor } from '../../exec/command.ts';
import { checkedCluster, slurmClusterName } from '../../history/cluster-name.ts';
import { logSource } from '../../history/log-source.ts';
import { checkWithQstat, noCheck } from '../../history/qstat-check.ts';
import { qstatSource } from '../../history/qstat-source.ts';
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
  /** Runs the programs that read the history. */
  readonly executor: Executor;
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
): readonly Pick<ExportRequest, 'jobs' | 'executor' | 'cluster'>[] {
  const cluster = name === null ? null : checkedCluster(name, '--cluster-name');
  const clusters = clustersOf(settings).map((jobs) => ({ jobs, executor: historyExecutor(jobs) }));
  if (settings.clusters === undefined) return clusters.map((one) => ({ ...one, cluster }));
  const chosen = clusters.filter(({ jobs }) => cluster === null || jobs.cluster_name === cluster);
  if (chosen.length > 0) return chosen.map((one) => ({ ...one, cluster: one.jobs.cluster_name ?? null }));
  const names = Object.keys(settings.clusters).join(', ');
  throw new OperatorError(
    cluster === null
      ? 'jobs.clusters in collector.yaml has no cluster: add one, or remove clusters'
      : `--cluster-name ${cluster}: jobs.clusters in collector.yaml has no such cluster; it has ${names || 'none'}`,
  );
}

/** Returns the source of the jobs. Throws OperatorError if sacct is too old or the cluster's name is unknown. */
export async function sourceOf(asked: ExportRequest, { config }: Context): Promise<HistorySource> {
  const { jobs, executor, cluster } = asked;
  const bodyLimits = jobs.deliver_to.flatMap((name) => config.destinations.get(name)?.max_body_bytes ?? []);
  if (jobs.source === 'sacct') await refuseOldRelease(executor, jobs.host);
  const shared = {
    cluster: cluster ?? jobs.cluster_name ?? (await slurmClusterName(executor, jobs.host)),
    executor,
    host: jobs.host,
    timeoutSeconds: jobs.timeout,
    timeZone: jobs.timezone,
    // The drain refuses a larger body.
    limits: { maxJobs: jobs.batch_jobs, maxBytes: Math.min(...bodyLimits) },
    windowDays: jobs.window_days,
  };
  switch (jobs.source) {
    case 'sacct':
      return sacctSource({ ...shared, hasRunSuffix: jobs.run_suffix ?? false });
    case 'pbs-accounting': {
      const runs = { exclusive: jobs.exclusive, hasRunSuffix: jobs.run_suffix ?? true };
      const check = async () => (jobs.check_with_qstat ? checkWithQstat(shared) : noCheck);
      return logSource({ ...shared, path: jobs.accounting_path, runs, check });
    }
    case 'qstat':
      return qstatSource(shared);
  }
}

/** Logs records that could not be read or were corrected. */
export function logDamage({ errors, warnings }: PartResult, log: Log): void {
  for (const warning of warnings) log.warn(warning);
  for (const error of errors) log.error(`✗ ${error}`);
}
