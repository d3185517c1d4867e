import type { Window } from '../slurm/sacct.ts';

/** In milliseconds. */
export const day = 86_400_000;

/** A stretch of time cut at each midnight, UTC, the earliest first. */
export function windowsOf(from: Date, to: Date): Window[] {
  const windows: Window[] = [];
  for (let start = from.getTime(); start < to.getTime(); ) {
    const end = Math.min((Math.floor(start / day) + 1) * day, to.getTime());
    windows.push({ from: new Date(start), to: new Date(end) });
    start = end;
  }
  return windows;
}

/**
 * Until when the jobs of a window may have become eligible to run. One that is cancelled before its time (`--begin`, a
 * requeue that waits) ends before it was eligible: such jobs are seen where that costs little, in the windows of today
 * and yesterday, behind which there is not much history yet.
 */
export function eligibleBefore({ to }: Window, now: Date): Date {
  return to.getTime() > now.getTime() - 2 * day ? new Date(to.getTime() + 366 * day) : to;
}
