import { others } from './colour-grouping.ts';

/** Returns the series of groups, the one with the largest total first. Groups without anything are left out. */
export function seriesOf(labels: readonly string[], data: (group: number) => readonly number[], length: number) {
  return labels
    .map((name, group) => {
      const values = data(group);
      return { name, data: Array.from({ length }, (_, index) => values[index] ?? 0), total: sumOf(values) };
    })
    .filter(({ total }) => total > 0)
    .sort((a, b) => Number(a.name === others) - Number(b.name === others) || b.total - a.total)
    .map(({ name, data: values }) => ({ name, data: values }));
}

/** Returns the sum of numbers; 0 for none. */
export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
