import { firstAndLastSubmit } from '../../store/jobs.ts';
import type { Reader } from '../../store/port.ts';
import { dayOfDate } from '../cluster-clock.ts';
import type { Loaded } from './loaded.ts';
import { beginOfPeriod, nextPeriod, periodKinds, type UsageWindow } from './periods.ts';
import type { Axis } from './scan.ts';

/** Returns the days from the first to the last that have something on an axis; null if there are no jobs. */
export async function rangeOf(reader: Reader, clusters: readonly Loaded[], axis: Axis): Promise<UsageWindow | null> {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const loaded of clusters) {
    if (axis === 'submitted') {
      const range = await firstAndLastSubmit(reader, loaded.cluster.name);
      if (range === null) continue;
      first = Math.min(first, loaded.clock.dayOf(loaded.clock.timeOf(range.first)));
      last = Math.max(last, loaded.clock.dayOf(loaded.clock.timeOf(range.last)));
      continue;
    }
    for (const segment of loaded.segments) {
      if (axis === 'ended') {
        first = Math.min(first, segment.day);
        last = Math.max(last, segment.day);
        continue;
      }
      const { usageDays } = segment.cells;
      if (usageDays === null) continue;
      first = Math.min(first, segment.day + usageDays.first);
      last = Math.max(last, segment.day + usageDays.last);
    }
  }
  return first <= last ? { from: first, until: last + 1 } : null;
}

/**
 * Returns the window of two dates, each of which the range replaces if it is null. A date outside the range is a window
 * of its day.
 */
export function windowOf(from: string | null, to: string | null, range: UsageWindow | null): UsageWindow {
  const [first, last] = [from === null ? null : dayOfDate(from), to === null ? null : dayOfDate(to)];
  const begin = first ?? Math.min(range?.from ?? last ?? 0, last ?? Number.POSITIVE_INFINITY);
  const until = last === null ? Math.max(range?.until ?? begin, first === null ? begin : first + 1) : last + 1;
  return { from: begin, until: Math.max(begin, until) };
}

/** Returns the window before: the previous week, month, quarter or year if the window is one, or as many days. */
export function windowBefore({ from, until }: UsageWindow): UsageWindow {
  const whole = periodKinds.find((kind) => beginOfPeriod(kind, from) === from && nextPeriod(kind, from) === until);
  if (whole !== undefined) return { from: beginOfPeriod(whole, from - 1), until: from };
  return { from: from - (until - from), until: from };
}
