import type { FinishedJob } from '../lib/finished-job.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { BatchLimits } from './bodies.ts';
import type { Range } from './plan.ts';
import type { WithOutbox } from './progress.ts';

/** The export that the command line requests. */
export type PlanRequest = {
  readonly range: Range;
  /** True if jobs that were sent before are sent again. */
  readonly isAgain: boolean;
  readonly now: Date;
};

/** The jobs of one part of the history. */
export type PartResult = {
  /** Lines or records of the source, including those of other times. */
  readonly rows: number;
  readonly jobs: number;
  /** Records that cannot be read, so that jobs are missing. */
  readonly damaged: number;
  /** Messages about the damaged records. */
  readonly errors: readonly string[];
  /** Messages about doubtful values. */
  readonly warnings: readonly string[];
};

/** A part of the history that is read and stored together. */
export type HistoryPart = {
  /** Names the part: `2026-11-20 00:00:00 to 2026-11-21 00:00:00 UTC`. */
  readonly name: string;
  /** The part after the word jobs: `that ended 2026-11-20 …`. */
  readonly text: string;
  /** The part in the progress line: `2026-11-20`. */
  readonly label: string;
  /**
   * Passes the finished jobs on, in groups. Throws OperatorError if the source did not give all of them; the caller must
   * then discard those that it got.
   */
  read(take: (jobs: readonly FinishedJob[]) => void, progress: (rows: number) => void): Promise<PartResult>;
  /** Stores that the part was read, in the transaction that stores its jobs. */
  save(outbox: Outbox, result: PartResult): void;
};

/** The parts that an export reads, the oldest first. */
export type HistoryPlan = {
  readonly parts: readonly HistoryPart[];
  /** The description of the read range: `jobs of farm that ended …`. */
  readonly text: string;
  /** The message if there are no parts. */
  readonly nothing: string;
  /** The name of a part: `day`. */
  readonly unit: string;
  /** True if an earlier export of the same range stopped where this one begins. */
  readonly isResumed: boolean;
};

/** The source of the finished jobs of a cluster. */
export type HistorySource = {
  readonly cluster: string;
  /** The time zone of the times in the records. */
  readonly timeZone: string;
  /** The limits of one body. */
  readonly limits: BatchLimits;
  /** Plans an export. Throws OperatorError if the source cannot be read. */
  plan(request: PlanRequest, withOutbox: WithOutbox): Promise<HistoryPlan>;
};
