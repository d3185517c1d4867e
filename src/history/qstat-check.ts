import { OperatorError } from '../lib/errors.ts';
import type { FinishedJob } from '../lib/finished-job.ts';
import { eachFinishedJob, type QstatLocation } from './qstat-source.ts';

/** The final states of jobs as `qstat -x` lists them. */
export type QstatCheck = {
  /** Returns the run with the state that PBS lists, if that differs from the log. */
  settle(run: FinishedJob): FinishedJob;
  /** Why the query to PBS failed; null if it succeeded. */
  readonly warning: string | null;
};

/** Returns every run with its state from the log. */
export const noCheck: QstatCheck = { settle: (run) => run, warning: null };

/**
 * Asks PBS how its finished jobs ended. It knows more than the accounting log: a job that lost a node as it ended has the
 * exit status 0 in the log. Jobs that completed are not kept, because most jobs do.
 */
export async function checkWithQstat(location: QstatLocation): Promise<QstatCheck> {
  const states = new Map<string, string>();
  try {
    await eachFinishedJob(location, (job) => {
      if (typeof job === 'object' && job.state !== 'COMPLETED') states.set(keyOf(job), job.state);
    });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { ...noCheck, warning: `how jobs ended is not checked with qstat: ${error.message}` };
  }
  return { settle: (run) => ({ ...run, state: states.get(keyOf(run)) ?? run.state }), warning: null };
}

/** PBS knows only the last run of a job: its `run` is null, and its id has no suffix. */
function keyOf({ id, run, submitted }: FinishedJob): string {
  return `${id} ${run ?? 'last'} ${submitted}`;
}
