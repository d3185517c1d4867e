import type { Executor } from '../exec/command.ts';
import type { Damages } from '../lib/records.ts';
import { sacctCommand, type Window } from '../slurm/sacct.ts';
import { finishedJobs, SacctCount } from '../slurm/sacct-jobs.ts';
import { type BatchLimits, Bodies } from './bodies.ts';
import { type Candidate, candidateOf } from './fingerprints.ts';
import { recordOf } from './record.ts';
import { sacctFailure } from './sacct-failure.ts';

/** The cluster whose history is read, and the settings for reading and sending it. */
export type HistorySource = {
  readonly cluster: string;
  readonly executor: Executor;
  /** The host that runs sacct; null for this host. */
  readonly host: string | null;
  readonly timeoutSeconds: number;
  /** The time zone of the times in the records. */
  readonly timeZone: string;
  /** The limits of one body. */
  readonly limits: BatchLimits;
};

/** The functions that receive the jobs that are read. */
export type HistorySink = {
  /** Returns the jobs whose current record was not sent yet. */
  unsent(candidates: readonly Candidate[]): readonly Candidate[];
  /** Receives the bodies to send, one after the other. */
  take(body: string, jobs: readonly Candidate[]): void;
  /** Receives the number of lines read so far, from time to time. */
  progress(rows: number): void;
};

/** The counts of one window. */
export type WindowResult = {
  readonly rows: number;
  readonly jobs: number;
  /** The number of jobs that were not sent yet, or that changed since they were sent. */
  readonly fresh: number;
  /** The number of `fresh` jobs that never started. */
  readonly unstarted: number;
  readonly cpuHours: number;
  readonly gpuHours: number;
  readonly damaged: Damages;
  readonly doubtful: Damages;
};

/** The largest output of sacct. It is not held in memory, and it is as large as the site's history. */
const maxOutputBytes = 64 * 1024 ** 3;

/**
 * Reads the jobs that ended in a window. Throws OperatorError if sacct did not print all of them; the caller must then
 * discard everything that the sink received.
 */
export async function readWindow(window: Window, source: HistorySource, sink: HistorySink): Promise<WindowResult> {
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
