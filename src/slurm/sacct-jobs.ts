import { cutIntoLines, type Line, lenient } from '../lib/lines.ts';
import { Damages } from '../lib/records.ts';
import type { Window } from './sacct.ts';
import { type FinishedJob, parseRow, type SecondsWindow } from './sacct-rows.ts';

/** What was seen while reading the output of one sacct. */
export class SacctCount {
  /** Lines: jobs and steps, whenever they ended. */
  rows = 0;
  /** Jobs that ended in the window and can be read. */
  jobs = 0;
  readonly damaged = new Damages();
  /** Jobs with impossible values. */
  readonly doubtful = new Damages();
  /** The last line has no end: sacct, or what carried its output, was cut off. */
  isCutOff = false;
}

/** Node lists of the largest jobs have some ten thousand characters. */
const maxLineBytes = 1024 * 1024;

/**
 * The jobs that ended in a window, as sacct prints them, some at a time. Steps are folded into their job, behind which
 * they stand: they tell where one ran out of memory although Slurm calls the job FAILED. A line that cannot be read costs
 * itself only, and names may be of any encoding, because the usage counts all the same. A job that ended shortly before
 * `now` and has no partition yet is left out.
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

/** Takes one line in: gives the job whose steps may follow, and puts the one before it among the jobs. */
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
