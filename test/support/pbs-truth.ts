import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fixtures } from './site.ts';

const job = z.object({ jobid: z.string().nullish(), expect: z.string() });
const truth = z.object({ jobs: z.record(z.string(), job) });

/** The states that the people who wrote the scenario expect, in the words of the records. */
const words: Readonly<Record<string, string>> = {
  // The log and Slurm know no state for this limit. PBS gives such a job the code of SIGKILL.
  'TIMEOUT(cput)': 'FAILED',
  mixed: 'COMPLETED, FAILED',
  'REQUEUED then deleted': 'REQUEUED, CANCELLED',
  'NODE_FAIL(requeued)+COMPLETED': 'NODE_FAIL, COMPLETED',
  'COMPLETED (preempted S)': 'COMPLETED',
  // PBS logs a requeue by the scheduler like one by an operator.
  'PREEMPTED+COMPLETED': 'REQUEUED, COMPLETED',
  'REQUEUED+COMPLETED': 'REQUEUED, COMPLETED',
  PENDING: '',
};

/** What is true for each job of the captured log that the server accepted: its name, its id and its states. */
export const trueStates: readonly (readonly [name: string, id: string, states: string])[] = Object.entries(
  truth.parse(JSON.parse(readFileSync(join(fixtures, 'pbs-history/truth.json'), 'utf8'))).jobs,
).flatMap(([name, { jobid, expect }]) =>
  jobid == null || expect === 'RESERVATION' || expect.endsWith('?')
    ? []
    : [[name, jobid, words[expect] ?? expect] as const],
);
