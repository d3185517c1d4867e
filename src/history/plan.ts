import type { Window } from '../slurm/sacct.ts';
import type { Progress } from './progress.ts';
import { day } from './windows.ts';

/**
 * How far before the last export an export reads again, in milliseconds. A job appears in sacct seconds after its end,
 * and later if slurmctld could not reach slurmdbd.
 */
const overlap = day;

/** The requested jobs, by end time; null for all new jobs, and for now. */
export type Range = { readonly since: Date | null; readonly until: Date | null };

/** The time that an export reads. */
export type Plan = {
  readonly from: Date;
  readonly to: Date;
  readonly range: Range;
  /** True if an earlier export of the same range ended at `from`. */
  readonly isResumed: boolean;
};

/**
 * Plans an export. Without a range it starts one overlap before the end of the last export, or `windowDays` back if
 * there is none or if a wrong clock left an end in the future.
 */
export function planOf(range: Range, progress: Progress, now: Date, windowDays: number): Plan {
  // Include the current second: jobs can have ended in it.
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
 * Returns the progress after a window was read. `readUntil` moves only over completely read time: not over a gap, and
 * not over a window with unreadable records, unless that window is too old to be tried again.
 */
export function afterWindow(progress: Progress, plan: Plan, window: Window, isWhole: boolean): Progress {
  const { since, until } = plan.range;
  const isLast = window.to >= plan.to;
  const backfill = since === null ? progress.backfill : isLast ? null : { since, until, done: window.to };
  return { readUntil: readUntilAfter(progress.readUntil, plan, window, isWhole), backfill };
}

function readUntilAfter(before: Date | null, { to, range }: Plan, window: Window, isWhole: boolean): Date | null {
  if (range.until === null && (before === null || before > to)) return isWhole ? window.to : window.from;
  // Before the first export, only an export up to now starts the continuous history.
  if (before === null) return null;
  const isNext = window.from <= before && before < window.to;
  return isNext && isWhole ? window.to : before;
}

function isSame(one: Date | null, other: Date | null): boolean {
  return one?.getTime() === other?.getTime();
}
