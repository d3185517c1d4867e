import type { ClusterSettings } from '../config/jobs.ts';
import type { Executor } from '../exec/command.ts';
import { refuseOldRelease } from '../history/release.ts';
import { sacctFailure } from '../history/sacct-failure.ts';
import { OperatorError } from '../lib/errors.ts';
import { sacctCommand } from '../slurm/sacct.ts';
import { type CheckResult, fail, pass } from './finding.ts';

/** Checks that sacct answers, if finished jobs are exported. */
export async function checkHistory(
  isExported: boolean,
  { host, timeout }: ClusterSettings,
  executor: Executor,
): Promise<readonly CheckResult[]> {
  if (!isExported) return [];
  const name = 'ingest sacct';
  try {
    await refuseOldRelease(executor, host);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return [fail(name, error.message, `${host === null ? '' : `ssh ${host} `}sacct --version`)];
  }
  const now = new Date();
  const argv = sacctCommand({ from: now, to: now });
  const command = { argv, host, via: null, timeoutSeconds: timeout, maxOutputBytes: 64 * 1024 ** 2 };
  const execution = executor.start(command);
  for await (const _ of execution.stdout);
  const failure = sacctFailure(command, await execution.ending, false);
  const where = host === null ? 'here' : `on ${host}`;
  return [
    failure === null
      ? pass(name, `answers ${where}`)
      : fail(name, failure.message, 'hpc-collector jobs export --dry-run'),
  ];
}
