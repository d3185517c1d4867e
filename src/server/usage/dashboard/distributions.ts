import type { Loaded } from '../engine/loaded.ts';
import { histogramOf, meanOf, medianOf } from './histogram.ts';

/** Returns how many users were active in 1, 2, … periods: one bin each of up to 10 periods, then bins of 5, above 30 of 10. */
export function activityHistogram(counts: readonly number[], periodCount: number) {
  const width = periodCount <= 10 ? 1 : periodCount <= 30 ? 5 : 10;
  const most = counts.reduce((greatest, count) => Math.max(greatest, count), 0);
  const x: string[] = [];
  const y: number[] = [];
  for (let first = 1; first <= most; first += width) {
    const last = first + width - 1;
    x.push(width === 1 ? String(first) : `${first}-${Math.min(last, most)}`);
    y.push(counts.filter((count) => count >= first && count <= last).length);
  }
  return { type: 'histogram', x, y, average: meanOf(counts), median: medianOf(counts) };
}

/** Returns how many periods had so many users or jobs. */
export function periodHistogram(values: readonly number[]) {
  const { x, y } = histogramOf(values, Math.max(5, Math.min(20, values.length)));
  return { type: 'histogram', x, y, average: meanOf(values), median: medianOf(values) };
}

/** Returns how many users had so many jobs. */
export function jobsByUser(counts: Float64Array) {
  const values = [...counts];
  const { x, y, edges } = histogramOf(values, Math.max(10, Math.min(30, Math.floor(values.length / 10))));
  const bin_labels = x.map((_, index) => `${Math.trunc(edges[index] ?? 0)}-${Math.trunc(edges[index + 1] ?? 0)}`);
  return { x, y, mean: meanOf(values), median: medianOf(values), bin_labels };
}

/** Returns names with their counts, the largest first. */
function ranked({ names }: Loaded, counts: Float64Array): (readonly [string, number])[] {
  const pairs = [...counts].map((count, id) => [names[id] ?? 'none', count] as const);
  return pairs.filter(([, count]) => count > 0).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/** Returns the names with the largest counts. */
export function largest(loaded: Loaded, counts: Float64Array, most: number) {
  const pairs = ranked(loaded, counts).slice(0, most);
  return { x: pairs.map(([name]) => name), y: pairs.map(([, count]) => count) };
}

/** Returns the counts of all states. */
export function byState(loaded: Loaded, counts: Float64Array) {
  const pairs = ranked(loaded, counts);
  return { labels: pairs.map(([name]) => name), values: pairs.map(([, count]) => count) };
}
