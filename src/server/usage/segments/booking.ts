/** The local days of a cluster; see `ClusterClock`. */
type Days = { dayOf(time: number): number; beginOf(day: number): number };

/** A run on this many days has a wrong time: no job runs for three years. */
const maxDays = 1100;

/** Shorter runs, in seconds, are not too long, whatever the days on which they begin and end. */
export const longRunSeconds = (maxDays - 2) * 86_400;

/** When a job ran, in seconds since 1970. */
export type BookedRun = { readonly start: number; readonly end: number };

/** True for a run of over three years, which has a wrong time. */
export function isTooLong({ start, end }: BookedRun, days: Days): boolean {
  // Most runs are far below the limit.
  return end - start > longRunSeconds && days.dayOf(end - 1) - days.dayOf(start) >= maxDays;
}

/**
 * Calls `book` for each local day on which a job ran, with the share of its run that fell on the day. The shares add up
 * to 1. A run without a duration is on one day.
 * Returns false and books nothing if the job has no start or end, if it ends before it starts, or if the run is longer
 * than three years.
 */
export function bookRun(
  { start, end }: { readonly start: number | null; readonly end: number | null },
  days: Days,
  book: (day: number, share: number) => void,
): boolean {
  if (start === null || end === null || end < start) return false;
  const first = days.dayOf(start);
  if (end <= days.beginOf(first + 1)) {
    book(first, 1);
    return true;
  }
  if (isTooLong({ start, end }, days)) return false;
  const last = days.dayOf(end - 1);
  let from = start;
  for (let day = first; day <= last; day++) {
    const until = day === last ? end : days.beginOf(day + 1);
    book(day, (until - from) / (end - start));
    from = until;
  }
  return true;
}
