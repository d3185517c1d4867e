import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FinishedJob } from '../../src/lib/finished-job.ts';
import type { LogProblem } from '../../src/pbs/accounting-lines.ts';
import { finishedRuns, type LogPosition, type LogReading } from '../../src/pbs/accounting-log.ts';
import type { RunOptions } from '../../src/pbs/accounting-runs.ts';
import { type LogState, newLogState } from '../../src/pbs/open-runs.ts';
import { streamOf } from './executors.ts';
import { fixtures } from './site.ts';

/** The accounting log of a live PBS server, one file a day. */
export const capturedLog: readonly Buffer[] = ['20261127', '20261128'].map((name) =>
  readFileSync(join(fixtures, 'pbs-history', `accounting-${name}`)),
);

const start: LogPosition = { offset: 0, lines: 0 };

/** A problem with the number of its file in the list. */
export type FileProblem = LogProblem & { readonly file: number };

/** Reads the part of a file from a position to its end. */
export async function readPart(
  bytes: string | Uint8Array,
  state: LogState,
  from: LogPosition = start,
  more: Partial<Pick<LogReading, 'isClosed' | 'chunks'>> & { readonly options?: Partial<RunOptions> } = {},
) {
  const runs: FinishedJob[] = [];
  const problems: LogProblem[] = [];
  const reading = finishedRuns(
    {
      chunks: more.chunks ?? streamOf(Buffer.from(bytes).subarray(from.offset)),
      from,
      isClosed: more.isClosed ?? true,
      options: { exclusive: 'held', hasRunSuffix: true, ...more.options },
      problem: (problem) => problems.push(problem),
      progress: () => {},
    },
    state,
  );
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return { runs, problems, position: value };
    runs.push(...value);
  }
}

/** Reads whole files, the oldest first. */
export async function readLog(
  files: readonly (string | Uint8Array)[],
  options: Partial<RunOptions> = {},
): Promise<{ readonly runs: FinishedJob[]; readonly problems: FileProblem[]; readonly state: LogState }> {
  const state = newLogState();
  const runs: FinishedJob[] = [];
  const problems: FileProblem[] = [];
  for (const [file, bytes] of files.entries()) {
    const part = await readPart(bytes, state, start, { isClosed: file < files.length - 1, options });
    runs.push(...part.runs);
    problems.push(...part.problems.map((problem) => ({ file, ...problem })));
  }
  return { runs, problems, state };
}
