import type { Executor } from '../exec/command.ts';
import { type FinishedJob, runId } from '../lib/finished-job.ts';
import type { Damages } from '../lib/records.ts';
import { counted } from '../lib/text.ts';
import { readableUtc } from '../lib/time.ts';
import { sacctCommand, type Window } from '../slurm/sacct.ts';
import { finishedJobs, SacctCount } from '../slurm/sacct-jobs.ts';
import type { BatchLimits } from './bodies.ts';
import { afterWindow, type Plan, planOf } from './plan.ts';
import { progressInZone, readProgress, type WithOutbox, writeProgress } from './progress.ts';
import { sacctFailure } from './sacct-failure.ts';
import type { HistoryPart, HistoryPlan, HistorySource, PartResult, PlanRequest } from './source.ts';
import { day, windowsOf } from './windows.ts';

/** A cluster whose finished jobs sacct prints. */
export type SacctOptions = {
  readonly cluster: string;
  readonly executor: Executor;
  /** The host that runs sacct; null for this host. */
  readonly host: string | null;
  readonly timeoutSeconds: number;
  readonly timeZone: string;
  readonly limits: BatchLimits;
  readonly windowDays: number;
  /** True if earlier runs of a requeued job get ids of their own. */
  readonly hasRunSuffix: boolean;
};

/** Returns the source of a Slurm cluster. It is read in windows of a day. */
export function sacctSource(options: SacctOptions): HistorySource {
  const { cluster, timeZone, limits } = options;
  return { cluster, timeZone, limits, plan: (request, withOutbox) => planWindows(options, request, withOutbox) };
}

async function planWindows(options: SacctOptions, request: PlanRequest, withOutbox: WithOutbox): Promise<HistoryPlan> {
  const { cluster, timeZone, windowDays } = options;
  const { range, isAgain, now } = request;
  const progress = progressInZone(withOutbox, cluster, timeZone, isAgain);
  // Read a range from its beginning, even if an earlier export of it stopped later.
  const plan = planOf(range, isAgain ? { ...progress, backfill: null } : progress, now, windowDays);
  return {
    parts: windowsOf(plan.from, plan.to).map((window) => windowPart(options, plan, window, now)),
    text: `jobs of ${cluster} that ended ${rangeText(plan)}`,
    nothing: `all jobs that ended before ${plan.to.toISOString().slice(0, 19)} were read before`,
    unit: 'day',
    isResumed: plan.isResumed,
  };
}

function windowPart(options: SacctOptions, plan: Plan, window: Window, now: Date): HistoryPart {
  const { cluster, timeZone, windowDays } = options;
  const name = rangeText(window);
  const isOld = window.to.getTime() < now.getTime() - windowDays * day;
  return {
    name,
    text: `that ended ${name}`,
    label: window.from.toISOString().slice(0, 10),
    read: (take, progress) => readWindow(options, window, take, progress),
    save(outbox, { damaged }) {
      const before = readProgress(outbox, cluster);
      const after = afterWindow(before, plan, window, damaged === 0 || isOld);
      writeProgress(outbox, cluster, { ...after, timezone: timeZone });
    },
  };
}

/** The largest output of sacct. It is not held in memory, and it is as large as the site's history. */
const maxOutputBytes = 64 * 1024 ** 3;

async function readWindow(
  { executor, host, timeoutSeconds, hasRunSuffix }: SacctOptions,
  window: Window,
  take: (jobs: readonly FinishedJob[]) => void,
  progress: (rows: number) => void,
): Promise<PartResult> {
  const command = { argv: sacctCommand(window), host, via: null, timeoutSeconds, maxOutputBytes };
  const execution = executor.start(command);
  const count = new SacctCount();
  for await (const jobs of finishedJobs(execution.stdout, window, count, new Date())) {
    take(hasRunSuffix ? jobs.map(withRunSuffix) : jobs);
    progress(count.rows);
  }
  const failure = sacctFailure(command, await execution.ending, count.isCutOff);
  if (failure) throw failure;
  const { rows, jobs, damaged, doubtful } = count;
  return { rows, jobs, damaged: damaged.count, ...messagesOf(window, damaged, doubtful) };
}

/** The states of a run after which Slurm can run the job again, as a record of its own. */
const runsAgain: ReadonlySet<string> = new Set(['REQUEUED', 'NODE_FAIL', 'PREEMPTED', 'RESIZING']);

/** Adds the start of the run to its id if the job can have another run. sacct prints no number of the run. */
function withRunSuffix(job: FinishedJob): FinishedJob {
  if (!runsAgain.has(job.state)) return job;
  return { ...job, id: runId(job.id, job.started ?? job.submitted) };
}

/** Formats `2026-11-20 00:00:00 to 2026-11-21 00:00:00 UTC`. */
function rangeText({ from, to }: Window | Plan): string {
  return `${readableUtc(from)} to ${readableUtc(to)} UTC`;
}

function messagesOf(window: Window, damaged: Damages, doubtful: Damages): Pick<PartResult, 'errors' | 'warnings'> {
  const warnings =
    doubtful.count === 0 ? [] : [`${counted(doubtful.count, 'job')} with impossible values: ${firstOf(doubtful)}`];
  if (damaged.count === 0) return { errors: [], warnings };
  const [since, until] = [window.from, window.to].map((time) => time.toISOString().slice(0, 19));
  const error = `${counted(damaged.count, 'record')} of sacct cannot be read and ${damaged.count === 1 ? 'is' : 'are'} left out: ${firstOf(damaged)}; exports without a range try again for some days; at any time: hpc-collector jobs export --since ${since} --until ${until}`;
  return { errors: [error], warnings };
}

function firstOf({ first }: Damages): string {
  return first.map(({ record, byte, problem }) => `${record ?? 'something'} at byte ${byte} ${problem}`).join('; ');
}
