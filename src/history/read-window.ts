import type { Executor } from '../exec/command.ts';
import type { Damages } from '../lib/records.ts';
import { sacctCommand, type Window } from '../slurm/sacct.ts';
import { finishedJobs, SacctCount } from '../slurm/sacct-jobs.ts';
import { Bodies, type BodyLimits } from './bodies.ts';
import { type Candidate, candidateOf } from './fingerprints.ts';
import { recordOf } from './record.ts';
import { sacctFailure } from './sacct-failure.ts';

/** Whose history is read, how, and how it is written down. */
export type HistorySource = {
  readonly cluster: string;
  readonly executor: Executor;
  /** Where sacct runs; null for this host. */
  readonly host: string | null;
  readonly timeoutSeconds: number;
  /** The zone of the records' times. */
  readonly timeZone: string;
  /** Of one body. */
  readonly limits: BodyLimits;
};

/** What becomes of the jobs that are read. */
export type HistorySink = {
  /** Leaves those whose record was not sent yet as it is. */
  unsent(candidates: readonly Candidate[]): readonly Candidate[];
  /** Gets the bodies that are to be sent, one after the other. */
  take(body: string, jobs: readonly Candidate[]): void;
  /** Told now and then of how many lines were read. */
  progress(rows: number): void;
};

/** What was in a window. */
export type Gathered = {
  readonly rows: number;
  readonly jobs: number;
  /** Those of the jobs that were not sent yet, or are other than they were sent. */
  readonly fresh: number;
  /** The number of `fresh` jobs that never started. */
  readonly unstarted: number;
  readonly cpuHours: number;
  readonly gpuHours: number;
  readonly damaged: Damages;
  readonly doubtful: Damages;
};

/** Sacct's output is as large as the site's history and is never held. */
const maxOutputBytes = 64 * 1024 ** 3;

/**
 * Reads the jobs that ended in a window. Throws OperatorError where sacct did not give them all: then what the sink has
 * got is not to be used.
 */
export async function gather(window: Window, source: HistorySource, sink: HistorySink): Promise<Gathered> {
  const { cluster, executor, host, timeoutSeconds, timeZone, limits } = source;
  const argv = sacctCommand(window);
  const command = { argv, host, via: null, timeoutSeconds, maxOutputBytes };
  const execution = executor.start(command);
  const count = new SacctCount();
  const bodies = new Bodies(cluster, limits, sink.take);
  let [fresh, unstarted, cpuHours, gpuHours] = [0, 0, 0, 0];
  for await (const jobs of finishedJobs(execution.stdout, window, count, new Date())) {
    const candidates = jobs.map((job) => {
      const record = recordOf(job, timeZone);
      cpuHours += record.CPUHours;
      gpuHours += record.GPUHours;
      return candidateOf(job, JSON.stringify(record));
    });
    for (const candidate of sink.unsent(candidates)) {
      fresh += 1;
      if (candidate.job.started === null) unstarted += 1;
      bodies.add(candidate);
    }
    sink.progress(count.rows);
  }
  const failure = sacctFailure(command, await execution.ending, count.isCutOff);
  if (failure) throw failure;
  bodies.end();
  const { rows, jobs, damaged, doubtful } = count;
  return { rows, jobs, fresh, unstarted, cpuHours, gpuHours, damaged, doubtful };
}
