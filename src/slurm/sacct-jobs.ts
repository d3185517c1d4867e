import type { FinishedJob } from '../lib/finished-job.ts';
import { cutIntoLines, type Line, lenient } from '../lib/lines.ts';
import { Damages } from '../lib/records.ts';
import type { Window } from './sacct.ts';
import { parseRow, type SecondsWindow } from './sacct-rows.ts';

/** Counts of the output of one sacct. */
export class SacctCount {
  /** Lines: all jobs and steps, including those outside the window. */
  rows = 0;
  /** Readable jobs that ended in the window. */
  jobs = 0;
  readonly damaged = new Damages();
  /** Jobs with impossible values. */
  readonly doubtful = new Damages();
  /** True if the last line has no end, because sacct or its connection was interrupted. */
  isCutOff = false;
}

/** The longest accepted line. The node list of a very large job has about ten thousand characters. */
const maxLineBytes = 1024 * 1024;

/**
 * Yields the jobs that ended in a window, in groups, from the output of sacct. The steps follow their job and are merged
 * into it, because only a step shows that a FAILED job ran out of memory. Skips lines that cannot be read and counts
 * them. Names can have any encoding, because their usage counts in any case. Skips a job that ended shortly before `now`
 * and has no partition yet.
 */
export async function* finishedJobs(
  chunks: AsyncIterable<Uint8Array>,
  { from, to }: Window,
  count: SacctCount,
  now: Date,
): AsyncGenerator<readonly FinishedJob[]> {
  const seconds = { from: from.getTime() / 1000, to: to.getTime() / 1000, now: now.getTime() / 1000 };
  // The steps of this job may follow.
  let last: FinishedJob | null = null;
  for await (const { lines, isCutOff } of cutIntoLines(chunks, maxLineBytes, lenient)) {
    count.isCutOff = isCutOff;
    if (isCutOff) break;
    const jobs: FinishedJob[] = [];
    for (const line of lines) {
      last = next(line, seconds, last, jobs, count);
    }
    if (jobs.length > 0) yield jobs;
  }
  if (last !== null) yield [last];
}

/** Processes one line. Returns the job whose steps can follow, and adds the job before it to `jobs`. */
function next(
  { byte, text }: Line,
  window: SecondsWindow,
  last: FinishedJob | null,
  jobs: FinishedJob[],
  count: SacctCount,
): FinishedJob | null {
  count.rows += 1;
  const row = text === null ? tooLong : parseRow(text, window);
  if (row.kind === 'step') return last !== null && row.rawId === String(last.rawId) ? withStep(last, row.state) : last;
  if (last !== null) jobs.push(last);
  if (row.kind === 'damaged') count.damaged.add({ record: row.id, byte, problem: row.problem });
  if (row.kind !== 'job') return null;
  const { job } = row;
  count.jobs += 1;
  if (job.doubt !== null) count.doubtful.add({ record: job.id, byte, problem: job.doubt });
  return job;
}

const tooLong = { kind: 'damaged', id: null, problem: 'is too long' } as const;

function withStep(job: FinishedJob, state: string): FinishedJob {
  return state === 'OUT_OF_MEMORY' && job.state === 'FAILED' ? { ...job, state } : job;
}
