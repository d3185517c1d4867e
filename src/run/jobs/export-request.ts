import { slurmClusterName } from '../../history/cluster-name.ts';
import { type Plan, planOf, type Range } from '../../history/plan.ts';
import type { Progress } from '../../history/progress.ts';
import type { HistorySource, WindowResult } from '../../history/read-window.ts';
import { refuseOldRelease } from '../../history/release.ts';
import { OperatorError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Damages } from '../../lib/records.ts';
import { counted } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import type { Window } from '../../slurm/sacct.ts';
import type { Context } from '../context.ts';
import { historyExecutor } from '../executors.ts';

/** The export that the command line requests. */
export type ExportRequest = {
  readonly range: Range;
  /** Name of the cluster; null to use that of the configuration or of Slurm. */
  readonly cluster: string | null;
  /** True if jobs that were sent before are sent again. */
  readonly isAgain: boolean;
  readonly now: Date;
};

/** Returns the source of the jobs. Throws OperatorError if sacct is too old or the cluster's name is unknown. */
export async function sourceOf(asked: ExportRequest, { config }: Context): Promise<HistorySource> {
  const { jobs } = config.collector;
  const executor = historyExecutor(jobs);
  const bodyLimits = jobs.deliver_to.flatMap((name) => config.destinations.get(name)?.max_body_bytes ?? []);
  await refuseOldRelease(executor, jobs.host);
  return {
    cluster: asked.cluster ?? jobs.cluster_name ?? (await slurmClusterName(executor, jobs.host)),
    executor,
    host: jobs.host,
    timeoutSeconds: jobs.timeout,
    timeZone: jobs.timezone,
    // The drain refuses a larger body.
    limits: { maxJobs: jobs.batch_jobs, maxBytes: Math.min(...bodyLimits) },
  };
}

/**
 * Returns the windows to read. `--again` reads a range from its beginning, even if an earlier export of it stopped later.
 * Throws OperatorError if the time zone of the jobs differs from that of earlier exports.
 */
export function planFor({ range, isAgain, now }: ExportRequest, progress: Progress, { config }: Context): Plan {
  const { timezone, window_days } = config.collector.jobs;
  if (!isAgain) refuseOtherZone(progress.timezone ?? timezone, timezone);
  const before = isAgain ? { ...progress, backfill: null } : progress;
  return planOf(range, before, now, window_days);
}

/** The API identifies a job by its number and submit time: with times of another zone it would store each job twice. */
function refuseOtherZone(before: string, now: string): void {
  if (before === now) return;
  throw new OperatorError(
    `nothing is exported: jobs.timezone is ${now}, but earlier jobs of this cluster were sent in the times of ${before}, and the API would store jobs twice, hours apart: set jobs.timezone to ${before} in collector.yaml; or delete the cluster's jobs there and send them in the new times: hpc-collector jobs export --again --since TIME`,
  );
}

/** Formats `2026-11-20 00:00:00 to 2026-11-21 00:00:00 UTC`. */
export function rangeText({ from, to }: Window | Plan): string {
  return `${readableUtc(from)} to ${readableUtc(to)} UTC`;
}

/** Logs records that could not be read or were corrected, and how to read them again. */
export function logDamage(window: Window, { damaged, doubtful }: WindowResult, log: Log): void {
  if (doubtful.count > 0) log.warn(`${counted(doubtful.count, 'job')} with impossible values: ${firstOf(doubtful)}`);
  if (damaged.count === 0) return;
  const [since, until] = [window.from, window.to].map((time) => time.toISOString().slice(0, 19));
  log.error(
    `✗ ${counted(damaged.count, 'record')} of sacct cannot be read and ${damaged.count === 1 ? 'is' : 'are'} left out: ${firstOf(damaged)}; exports without a range try again for some days; at any time: hpc-collector jobs export --since ${since} --until ${until}`,
  );
}

function firstOf({ first }: Damages): string {
  return first.map(({ record, byte, problem }) => `${record ?? 'something'} at byte ${byte} ${problem}`).join('; ');
}
