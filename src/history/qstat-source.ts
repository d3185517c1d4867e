import type { Executor } from '../exec/command.ts';
import { exitCodes, OperatorError } from '../lib/errors.ts';
import type { FinishedJob } from '../lib/finished-job.ts';
import type { Damages } from '../lib/records.ts';
import { counted } from '../lib/text.ts';
import { pbsCommands } from '../pbs/commands.ts';
import { finishedJobFields, finishedJobIn } from '../pbs/finished-jobs.ts';
import { probeRecords } from '../pbs/probes.ts';
import type { BatchLimits } from './bodies.ts';
import { progressInZone, readProgress, writeProgress } from './progress.ts';
import type { HistoryPart, HistorySource, PartResult, PlanRequest } from './source.ts';

/** A host on which `qstat` knows the finished jobs of a cluster. */
export type QstatLocation = {
  readonly executor: Executor;
  /** The host that runs qstat; null for this host. */
  readonly host: string | null;
  readonly timeoutSeconds: number;
};

export type QstatOptions = QstatLocation & {
  readonly cluster: string;
  readonly timeZone: string;
  readonly limits: BatchLimits;
};

/**
 * Returns the source of a cluster whose accounting log cannot be read. PBS keeps finished jobs for two weeks by default
 * (`job_history_duration`), and only the last run of each.
 */
export function qstatSource(options: QstatOptions): HistorySource {
  const { cluster, timeZone, limits } = options;
  return {
    cluster,
    timeZone,
    limits,
    async plan(request, withOutbox) {
      progressInZone(withOutbox, cluster, timeZone, request.isAgain);
      const text = `the finished jobs of ${cluster} that qstat lists`;
      return { parts: [qstatPart(options, request)], text, nothing: '', unit: 'list', isResumed: false };
    },
  };
}

function qstatPart(options: QstatOptions, { range, now }: PlanRequest): HistoryPart {
  const { cluster, timeZone } = options;
  return {
    name: 'qstat -x',
    text: 'that qstat lists',
    label: 'qstat -x',
    async read(take, progress) {
      const since = range.since?.getTime() ?? 0;
      const until = range.until?.getTime() ?? Number.POSITIVE_INFINITY;
      let [rows, jobs, withoutData] = [0, 0, 0];
      const damaged = await eachFinishedJob(options, (job) => {
        rows += 1;
        progress(rows);
        if (job === 'subjob-without-data') withoutData += 1;
        if (typeof job === 'string' || job.ended * 1000 < since || job.ended * 1000 >= until) return;
        jobs += 1;
        take([job]);
      });
      return { rows, jobs, ...messagesOf(damaged, withoutData) };
    },
    save(outbox) {
      const before = readProgress(outbox, cluster);
      const readUntil = range.until === null ? now : before.readUntil;
      writeProgress(outbox, cluster, { ...before, readUntil, timezone: timeZone });
    },
  };
}

/** The largest output of qstat. It is not held in memory. */
const maxOutputBytes = 16 * 1024 ** 3;

/** Passes each job of qstat to `take`. Returns the damaged records. Throws OperatorError if qstat did not list all. */
export async function eachFinishedJob(
  location: QstatLocation,
  take: (job: FinishedJob | 'other' | 'subjob-without-data') => void,
): Promise<Damages> {
  const { executor, host, timeoutSeconds } = location;
  const command = { argv: pbsCommands.finishedJobs, host, via: null, timeoutSeconds, maxOutputBytes };
  const probed = await probeRecords(executor, command, 'Jobs', finishedJobFields, (record) => {
    const job = finishedJobIn(record);
    if (typeof job === 'object' && 'problem' in job) return job.problem;
    take(job);
    return undefined;
  });
  if (probed.kind === 'done') return probed.damaged;
  throw new OperatorError(
    `${probed.reason}; no jobs are lost while PBS keeps them: the next export reads them; if the server keeps no finished jobs, run on it: qmgr -c "set server job_history_enable = True"`,
    { exitCode: exitCodes.failed },
  );
}

function messagesOf(damaged: Damages, withoutData: number): Omit<PartResult, 'rows' | 'jobs'> {
  const first = damaged.first.map(({ record, byte, problem }) => `${record ?? 'something'} at byte ${byte} ${problem}`);
  const errors =
    damaged.count === 0
      ? []
      : [
          `${counted(damaged.count, 'job')} of qstat cannot be read and ${damaged.count === 1 ? 'is' : 'are'} left out: ${first.join('; ')}; the next export tries again`,
        ];
  const warnings =
    withoutData === 0
      ? []
      : [
          `${counted(withoutData, 'subjob')} left out, because qstat has no end of them: they never ran, or PBS was restarted`,
        ];
  return { damaged: damaged.count, errors, warnings };
}
