import { type ClusterClock, dateOfDay, dayOfDate } from '../cluster-clock.ts';

/** The lengths of periods. Weeks begin on Monday (ISO 8601). */
export const periodKinds = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type PeriodKind = (typeof periodKinds)[number];

/** Days from 1970-01-01; `until` is not included. */
export type UsageWindow = { readonly from: number; readonly until: number };

/** A period that a window overlaps. `isPartial` if the window has only some of its days. */
export type Period = UsageWindow & { readonly isPartial: boolean };

/** The periods of a window, without gaps. */
export type Periods = {
  readonly list: readonly Period[];
  readonly window: UsageWindow;
  /** The index of the period of each day of the window, from its first day on. */
  readonly indexOfDay: Int32Array;
};

const beginnings: Readonly<Record<PeriodKind, (day: number) => number>> = {
  day: (day) => day,
  // 1970-01-01 was a Thursday.
  week: (day) => day - ((((day + 3) % 7) + 7) % 7),
  month: (day) => dayOfDate(`${dateOfDay(day).slice(0, 7)}-01`),
  quarter: (day) => {
    const month = Math.floor((Number(dateOfDay(day).slice(5, 7)) - 1) / 3) * 3 + 1;
    return dayOfDate(`${dateOfDay(day).slice(0, 4)}-${String(month).padStart(2, '0')}-01`);
  },
  year: (day) => dayOfDate(`${dateOfDay(day).slice(0, 4)}-01-01`),
};
const longest: Readonly<Record<PeriodKind, number>> = { day: 1, week: 7, month: 31, quarter: 92, year: 366 };

/** Returns the first day of the period of a day. */
export function beginOfPeriod(kind: PeriodKind, day: number): number {
  return beginnings[kind](day);
}

/** Returns the first day of the period after the one of a day. */
export function nextPeriod(kind: PeriodKind, day: number): number {
  const begin = beginOfPeriod(kind, day);
  return beginOfPeriod(kind, begin + longest[kind]);
}

/** Returns the periods of a window, oldest first. */
export function periodsIn(kind: PeriodKind, window: UsageWindow): Periods {
  const list: Period[] = [];
  const indexOfDay = new Int32Array(Math.max(0, window.until - window.from));
  let day = window.from;
  while (day < window.until) {
    const [begin, next] = [beginOfPeriod(kind, day), nextPeriod(kind, day)];
    const until = Math.min(next, window.until);
    indexOfDay.fill(list.length, day - window.from, until - window.from);
    list.push({ from: begin, until: next, isPartial: begin < window.from || next > window.until });
    day = until;
  }
  return { list, window, indexOfDay };
}

/** Returns a window as one period, for questions without periods. */
export function wholeWindow(window: UsageWindow): Periods {
  const days = Math.max(0, window.until - window.from);
  return { list: [{ ...window, isPartial: false }], window, indexOfDay: new Int32Array(days) };
}

/** Returns the time at which each period begins within the window on a cluster, and at the end the time at which the last one ends. */
export function beginsOf({ list, window }: Periods, clock: ClusterClock): Float64Array {
  const days = [...list.map(({ from }) => Math.max(from, window.from)), window.until];
  return Float64Array.from(days, (day) => clock.beginOf(day));
}
