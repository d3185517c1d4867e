import { type ClusterSettings, clustersOf, type JobsSettings } from '../config/jobs.ts';
import type { Executor } from '../exec/command.ts';
import { refuseOldRelease } from '../history/release.ts';
import { sacctFailure } from '../history/sacct-failure.ts';
import { OperatorError } from '../lib/errors.ts';
import { sacctCommand } from '../slurm/sacct.ts';
import { type CheckResult, fail, pass } from './finding.ts';
import { checkAccountingLog, checkQstatHistory } from './pbs-history.ts';

/** Checks the source of each cluster whose finished jobs are exported. */
export async function checkHistory(
  settings: JobsSettings,
  executorOf: (jobs: ClusterSettings) => Executor,
  now: Date,
): Promise<readonly CheckResult[]> {
  const found = clustersOf(settings).map((jobs) => checkSource(jobs, executorOf(jobs), now));
  return (await Promise.all(found)).flat();
}

async function checkSource(jobs: ClusterSettings, executor: Executor, now: Date): Promise<readonly CheckResult[]> {
  const { source, cluster_name, host, timeout } = jobs;
  switch (source) {
    case 'sacct':
      return [await checkSacct(jobs, executor)];
    case 'qstat':
      return [await checkQstatHistory(`ingest qstat of ${cluster_name}`, jobs, executor)];
    case 'pbs-accounting': {
      const location = { executor, host, path: jobs.accounting_path, timeoutSeconds: timeout };
      const log = await checkAccountingLog(`ingest accounting log of ${cluster_name}`, location, now);
      return jobs.check_with_qstat
        ? [log, await checkQstatHistory(`ingest qstat of ${cluster_name}`, jobs, executor)]
        : [log];
    }
  }
}

async function checkSacct({ host, timeout }: ClusterSettings, executor: Executor): Promise<CheckResult> {
  const name = 'ingest sacct';
  try {
    await refuseOldRelease(executor, host);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return fail(name, error.message, `${host === null ? '' : `ssh ${host} `}sacct --version`);
  }
  const now = new Date();
  const argv = sacctCommand({ from: now, to: now });
  const command = { argv, host, via: null, timeoutSeconds: timeout, maxOutputBytes: 64 * 1024 ** 2 };
  const execution = executor.start(command);
  for await (const _ of execution.stdout);
  const failure = sacctFailure(command, await execution.ending, false);
  const where = host === null ? 'here' : `on ${host}`;
  return failure === null
    ? pass(name, `answers ${where}`)
    : fail(name, failure.message, 'hpc-collector jobs export --dry-run');
}
