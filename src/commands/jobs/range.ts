import type { Range } from '../../history/plan.ts';
import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { clockTime, readableUtc, timeInZone } from '../../lib/time.ts';
import { parseTimestamp } from '../../lib/timestamp.ts';

/** The flags that select jobs. */
export type RangeArgs = {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly days?: string | undefined;
  readonly 'start-date'?: string | undefined;
  readonly 'end-date'?: string | undefined;
};

/**
 * Returns the range of the flags; days begin and end in the zone. Throws OperatorError for an impossible range.
 */
export function rangeOf(args: RangeArgs, timeZone: string, now: Date): Range {
  refuseTogether(args, ['since', 'start-date', 'days']);
  refuseTogether(args, ['until', 'end-date']);
  const until = timeOf(args, 'until') ?? dateOf(args, 'end-date', timeZone, 1);
  const since =
    timeOf(args, 'since') ?? dateOf(args, 'start-date', timeZone, 0) ?? daysBack(args.days, until ?? now, timeZone);
  if (since !== null && since > now)
    throw new OperatorError(`the range begins in the future: it is ${readableUtc(now)} UTC now`);
  if (since !== null && until !== null && since >= until)
    throw new OperatorError(
      `the range is empty: it begins at ${readableUtc(since)} and ends at ${readableUtc(until)} UTC`,
    );
  return { since, until };
}

function refuseTogether(args: RangeArgs, names: readonly (keyof RangeArgs)[]): void {
  const [one, other] = names.filter((name) => args[name] !== undefined);
  if (other !== undefined) throw new OperatorError(`--${one} and --${other} cannot be used together: give one of them`);
}

function timeOf(args: RangeArgs, name: 'since' | 'until'): Date | null {
  const text = args[name];
  if (text === undefined) return null;
  const time = parseTimestamp(text);
  if (time !== null) return new Date(Math.floor(time.getTime() / 1000) * 1000);
  throw new OperatorError(`--${name} ${printable(text, 40)}: give a time in ISO 8601, UTC, such as 2026-05-01T18:00`);
}

/** Returns the beginning of a day, or of a day `later` days after it. */
function dateOf(args: RangeArgs, name: 'start-date' | 'end-date', timeZone: string, later: number): Date | null {
  const text = args[name];
  if (text === undefined) return null;
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || parseTimestamp(text) === null)
    throw new OperatorError(`--${name} ${printable(text, 40)}: give a day, such as 2026-05-01`);
  return midnight(text, timeZone, later);
}

function daysBack(text: string | undefined, end: Date, timeZone: string): Date | null {
  if (text === undefined) return null;
  const days = Number(text);
  if (!/^\d{1,5}$/.test(text) || days === 0)
    throw new OperatorError(`--days ${printable(text, 40)}: give a number of days`);
  return midnight(clockTime(end, timeZone).slice(0, 10), timeZone, -days);
}

function midnight(date: string, timeZone: string, later: number): Date {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  return timeInZone({ year, month, day: day + later, hour: 0, minute: 0, second: 0 }, timeZone);
}
