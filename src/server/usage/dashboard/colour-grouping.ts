import type { Masks } from '../engine/filter.ts';
import { type Grouping, groupingBy } from '../engine/grouping.ts';
import type { Loaded } from '../engine/loaded.ts';
import { type UsageWindow, wholeWindow } from '../engine/periods.ts';
import { createSums } from '../engine/sums.ts';
import { colours, type FilterRequest } from './request.ts';

/**
 * Series that one chart shows by name; others become one. The original has no limit: a year by day and user of a large
 * site is an answer of 100 MB.
 */
export const maxSeries = 500;

/** The name of the group that has all groups beyond the limit. */
export const others = 'Others';

/** Returns the grouping of a colour, in which all groups but those with the most CPU hours are one if there are too many. */
export function groupingOf(
  { colour, levels }: FilterRequest,
  loaded: Loaded,
  masks: Masks,
  window: UsageWindow,
  most: number,
): Grouping | null {
  if (colour === null) return null;
  const dimension = colours[colour];
  if (loaded.names.length <= most) return groupingBy(dimension, [loaded], levels);
  const all = groupingBy(dimension, [loaded], levels);
  const sums = createSums(all, [loaded], wholeWindow(window), ['cpu_hours']);
  sums.addCells(0, masks);
  const { groups } = sums.finish();
  if (all.labels.length <= most) return groupingBy(dimension, [loaded], levels);
  const ranks = all.labels
    .map((label, group) => ({ label, seconds: groups[group]?.total.cpuSeconds ?? 0 }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, most);
  const kept = groupingBy(
    dimension,
    [loaded],
    levels,
    ranks.map(({ label }) => label),
  );
  return { ...kept, labels: [...kept.labels, others] };
}
