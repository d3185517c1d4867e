import { failureOf } from '../exec/describe.ts';
import { collectingGarbage } from '../lib/collecting-garbage.ts';
import { exitCodes, OperatorError } from '../lib/errors.ts';
import type { FinishedJob } from '../lib/finished-job.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { finishedRuns } from '../pbs/accounting-log.ts';
import type { RunOptions } from '../pbs/accounting-runs.ts';
import type { LogState } from '../pbs/open-runs.ts';
import type { BatchLimits } from './bodies.ts';
import { type LogFile, type LogLocation, readCommand } from './log-files.ts';
import { HeadTap, without } from './log-head.ts';
import { type LogPlace, readLogProgress, writeLogProgress } from './log-place.ts';
import { LogProblems } from './log-problems.ts';
import type { Start } from './log-start.ts';
import { readProgress, writeProgress } from './progress.ts';
import type { QstatCheck } from './qstat-check.ts';
import type { HistoryPart, PartResult, PlanRequest } from './source.ts';

/** A cluster whose finished jobs are in the accounting log of its PBS server. */
export type LogPartOptions = LogLocation & {
  readonly cluster: string;
  /** The time zone of sent times. */
  readonly timeZone: string;
  readonly limits: BatchLimits;
  /** The days that the first export goes back. */
  readonly windowDays: number;
  readonly runs: RunOptions;
  /** Asks PBS how jobs ended. */
  check(): Promise<QstatCheck>;
};

/** The values that the parts of one export share. `state` changes while they are read. */
export type LogPartReader = {
  readonly options: LogPartOptions;
  readonly request: PlanRequest;
  /** Runs that ended earlier are not passed on; null to pass on all. */
  readonly since: Date | null;
  readonly check: QstatCheck;
  readonly state: LogState;
};

/** Returns the part of an export that reads one file. `isLast` is true for the newest file, which can grow. */
export function filePart(reader: LogPartReader, file: LogFile, start: Start, isLast: boolean): HistoryPart {
  let place: LogPlace | null = null;
  return {
    name: `accounting file ${file.name}`,
    text: `in the accounting file ${file.name}`,
    label: file.name,
    async read(take, progress) {
      const read = await readFile(reader, file, start, isLast, take, progress);
      place = read.place;
      return read.result;
    },
    save(outbox) {
      if (place !== null) savePlace(reader, outbox, place, isLast);
    },
  };
}

async function readFile(
  { options, request, since, check, state }: LogPartReader,
  file: LogFile,
  { from, head, warnings: startWarnings }: Start,
  isLast: boolean,
  take: (jobs: readonly FinishedJob[]) => void,
  progress: (rows: number) => void,
): Promise<{ readonly place: LogPlace; readonly result: PartResult }> {
  const command = readCommand(file, from.offset, options);
  const execution = options.executor.start(command);
  const problems = new LogProblems(file.name);
  const tap = new HeadTap();
  const bytes = tap.tap(collectingGarbage(execution.stdout));
  let [rows, jobs] = [0, 0];
  const runs = finishedRuns(
    {
      chunks: file.compression === null ? bytes : without(bytes, from.offset),
      from,
      isClosed: !isLast,
      options: options.runs,
      problem: (problem) => problems.add(problem),
      progress(lines) {
        rows = lines;
        progress(lines);
      },
    },
    state,
  );
  let next = await runs.next();
  for (; !next.done; next = await runs.next()) {
    const wanted = next.value.filter(({ ended }) => isBetween(ended * 1000, since, request.range.until));
    for (const run of wanted) problems.see(run);
    jobs += wanted.length;
    if (wanted.length > 0) take(wanted.map(check.settle));
  }
  const failure = failureOf(command, await execution.ending);
  if (failure !== null) throw new OperatorError(failure, { exitCode: exitCodes.failed });
  const place = { name: file.name, ...next.value, head: head ?? tap.headUpTo(next.value.offset), state };
  const { warnings, ...messages } = problems.messages();
  return { place, result: { rows, jobs, ...messages, warnings: [...startWarnings, ...warnings] } };
}

function isBetween(time: number, since: Date | null, until: Date | null): boolean {
  return (since === null || time >= since.getTime()) && (until === null || time < until.getTime());
}

function savePlace({ options, request }: LogPartReader, outbox: Outbox, place: LogPlace, isLast: boolean): void {
  const { cluster, timeZone } = options;
  const { since, until } = request.range;
  const before = readLogProgress(outbox, cluster);
  const isContinuous = since === null || (isLast && until === null && isFurther(place, before.next));
  writeLogProgress(outbox, cluster, {
    next: isContinuous ? place : before.next,
    backfill: since === null ? before.backfill : isLast ? null : { since, until, place },
  });
  const progress = readProgress(outbox, cluster);
  const readUntil = isLast && isContinuous ? request.now : progress.readUntil;
  writeProgress(outbox, cluster, { ...progress, readUntil, timezone: timeZone });
}

function isFurther(place: LogPlace, other: LogPlace | null): boolean {
  if (other === null || place.name > other.name) return true;
  return place.name === other.name && place.offset >= other.offset;
}
