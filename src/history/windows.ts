import type { Window } from '../slurm/sacct.ts';

/** In milliseconds. */
export const day = 86_400_000;

/** Splits a time range at each midnight, UTC, the earliest part first. */
export function windowsOf(from: Date, to: Date): Window[] {
  const windows: Window[] = [];
  for (let start = from.getTime(); start < to.getTime(); ) {
    const end = Math.min((Math.floor(start / day) + 1) * day, to.getTime());
    windows.push({ from: new Date(start), to: new Date(end) });
    start = end;
  }
  return windows;
}
