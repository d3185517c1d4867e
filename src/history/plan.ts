import type { Window } from '../slurm/sacct.ts';
import type { Progress } from './progress.ts';
import { day } from './windows.ts';

/**
 * What is read again before the place that was read up to, in milliseconds: a job is in sacct's answers seconds after its
 * end, and slurmctld keeps what it cannot tell slurmdbd and tells it later.
 */
const overlap = day;

/** The jobs that are asked for, by their end; null for all that is new, and for now. */
export type Range = { readonly since: Date | null; readonly until: Date | null };

/** What is read: windows from one moment to another. */
export type Plan = {
  readonly from: Date;
  readonly to: Date;
  readonly range: Range;
  /** Whether an earlier export of the same range got as far as `from`. */
  readonly isResumed: boolean;
};

/**
 * What to read. Without a range: from what was read last, less the overlap, until now; or so many days back, where nobody
 * knows what was read last: before the first export, and where a clock that was wrong left a moment that is still to come.
 */
export function planOf(range: Range, progress: Progress, now: Date, windowDays: number): Plan {
  // With the second that is under way: jobs may have ended in it.
  const latest = new Date((Math.floor(now.getTime() / 1000) + 1) * 1000);
  const to = range.until === null || range.until > latest ? latest : range.until;
  if (range.since === null) {
    const { readUntil } = progress;
    const from =
      readUntil === null || readUntil > latest ? to.getTime() - windowDays * day : readUntil.getTime() - overlap;
    return { from: new Date(from), to, range, isResumed: false };
  }
  const { backfill } = progress;
  const isResumed = backfill !== null && isSame(backfill.since, range.since) && isSame(backfill.until, range.until);
  return { from: isResumed ? backfill.done : range.since, to, range, isResumed };
}

/**
 * How far the history is read when a window of a plan is. `readUntil` moves only over what was read whole: not over a gap,
 * and not over a window with records that cannot be read, unless that is over so long ago that they are given up.
 */
export function afterWindow(progress: Progress, plan: Plan, window: Window, isWhole: boolean): Progress {
  const { since, until } = plan.range;
  const isLast = window.to >= plan.to;
  const backfill = since === null ? progress.backfill : isLast ? null : { since, until, done: window.to };
  return { readUntil: readUntilAfter(progress.readUntil, plan, window, isWhole), backfill };
}

function readUntilAfter(before: Date | null, { to, range }: Plan, window: Window, isWhole: boolean): Date | null {
  if (range.until === null && (before === null || before > to)) return isWhole ? window.to : window.from;
  // Before the first export: only one that goes on until now begins what the next ones continue.
  if (before === null) return null;
  const isNext = window.from <= before && before < window.to;
  return isNext && isWhole ? window.to : before;
}

function isSame(one: Date | null, other: Date | null): boolean {
  return one?.getTime() === other?.getTime();
}
