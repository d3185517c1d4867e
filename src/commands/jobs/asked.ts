import { slurmClusterName } from '../../history/cluster-name.ts';
import type { Gathered, HistorySource } from '../../history/gather.ts';
import { type Plan, planOf, type Range } from '../../history/plan.ts';
import type { Progress } from '../../history/progress.ts';
import { refuseOldRelease } from '../../history/release.ts';
import type { Log } from '../../lib/log.ts';
import type { Damages } from '../../lib/records.ts';
import { counted } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import type { Window } from '../../slurm/sacct.ts';
import type { Context } from '../context.ts';
import { historyExecutor } from '../executor.ts';

/** What the command line asks for. */
export type Asked = {
  readonly range: Range;
  /** Null for what the configuration or Slurm says. */
  readonly cluster: string | null;
  /** Whether what was sent is sent again. */
  readonly isAgain: boolean;
  readonly now: Date;
};

/** Returns where the jobs come from. Throws OperatorError if sacct is too old or the cluster's name is unknown. */
export async function sourceOf(asked: Asked, { config }: Context): Promise<HistorySource> {
  const { jobs } = config.collector;
  const executor = historyExecutor(jobs);
  await refuseOldRelease(executor, jobs.host);
  return {
    cluster: asked.cluster ?? jobs.cluster_name ?? (await slurmClusterName(executor, jobs.host)),
    executor,
    host: jobs.host,
    timeoutSeconds: jobs.timeout,
    timeZone: jobs.timezone,
    // The drain refuses a larger body.
    limits: { maxJobs: jobs.batch_jobs, maxBytes: config.ingest.max_body_bytes },
  };
}

/** What to read. A range that is sent again is so from its beginning, wherever an export of it stopped. */
export function planFor({ range, isAgain, now }: Asked, progress: Progress, { config }: Context): Plan {
  const before = isAgain ? { ...progress, backfill: null } : progress;
  return planOf(range, before, now, config.collector.jobs.window_days);
}

/** `2026-11-20 00:00:00 to 2026-11-21 00:00:00 UTC` */
export function rangeText({ from, to }: Window | Plan): string {
  return `${readableUtc(from)} to ${readableUtc(to)} UTC`;
}

/** Says what could not be read, or was put right, and how to read it again. */
export function logDamage(window: Window, { damaged, doubtful }: Gathered, log: Log): void {
  if (doubtful.count > 0) log.warn(`${counted(doubtful.count, 'job')} with impossible values: ${firstOf(doubtful)}`);
  if (damaged.count === 0) return;
  const [since, until] = [window.from, window.to].map((moment) => moment.toISOString().slice(0, 19));
  log.error(
    `✗ ${counted(damaged.count, 'record')} of sacct cannot be read and ${damaged.count === 1 ? 'is' : 'are'} left out: ${firstOf(damaged)}; exports without a range try again for some days; at any time: hpc-collector jobs export --since ${since} --until ${until}`,
  );
}

function firstOf({ first }: Damages): string {
  return first.map(({ record, byte, problem }) => `${record ?? 'something'} at byte ${byte} ${problem}`).join('; ');
}
