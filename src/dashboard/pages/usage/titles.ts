import { type Dimension, isUnknown, labelOf, type Sum, sums, type UsageAnswer, wordOf } from '../../data/usage.ts';
import { exact, percent, plural, short } from '../../format/numbers.ts';
import { hoursText } from './charts.ts';

// The title of a chart is a sentence with the answer that the chart shows.

/** Returns the title of the sums over time. */
export function timeTitle(answer: UsageAnswer, measure: Sum, by: Dimension): string {
  return `${short(answer.total[measure])} ${sums[measure].unit} in all, each ${answer.period ?? 'period'} by ${wordOf(by)}.`;
}

/** Returns the title of a division: what its largest group had. Jobs whose software is not known are no group. */
export function rankingTitle(answer: UsageAnswer, measure: Sum, by: Dimension): string {
  const named = answer.groups.filter(({ name }) => !isUnknown(answer, name));
  const first = [...named].sort((one, other) => (other.total[measure] ?? 0) - (one.total[measure] ?? 0))[0];
  const all = answer.total[measure] ?? 0;
  const share = percent(all > 0 ? (100 * (first?.total[measure] ?? 0)) / all : null);
  if (first === undefined) return `No ${wordOf(by)} is known.`;
  const name = labelOf(first.name);
  const of = `${share} of the ${sums[measure].unit}`;
  if (by === 'size') return `Jobs of ${name} CPUs had ${of}.`;
  if (by === 'state') return `${name} jobs had ${of}.`;
  if (by === 'node') return `Node ${name} had ${of}, more than any other.`;
  return `The largest ${wordOf(by)}, ${name}, had ${of}.`;
}

/** Returns the title of the shares of waiting times. */
export function shareTitle({ total }: UsageAnswer): string {
  const jobs = total.wait_histogram?.jobs ?? [];
  const all = jobs.reduce((sum, count) => sum + count, 0);
  const share = all > 0 ? (100 * (jobs[0] ?? 0)) / all : null;
  return `${percent(share)} of the jobs that started waited less than 30 minutes.`;
}

/** Returns the title of the users over time. */
export function usersTitle({ total, series, period }: UsageAnswer): string {
  const most = Math.max(0, ...(series?.users ?? []).map((users) => users ?? 0));
  return `${plural(total.users ?? 0, 'user')} in all, at most ${exact(most)} in a ${period ?? 'period'}.`;
}

/** Returns the title of the durations. */
export function longestTitle({ total }: UsageAnswer): string {
  return `The longest job ran for ${hoursText(total.duration?.max)}.`;
}

/** Returns the title of waiting times over time. */
export function waitTitle({ total: { wait } }: UsageAnswer): string {
  return `Half of the jobs waited less than ${hoursText(wait?.median)}, and 90 % less than ${hoursText(wait?.p90)}.`;
}

/** Returns the title of durations over time. */
export function durationTitle({ total: { duration } }: UsageAnswer): string {
  return `Half of the jobs ran for less than ${hoursText(duration?.median)}, and 90 % for less than ${hoursText(duration?.p90)}.`;
}
