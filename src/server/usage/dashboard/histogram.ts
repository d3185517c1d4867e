/** A histogram of the original API: the centre of each bin, and how many values are in it. */
export type ChartHistogram = { readonly x: number[]; readonly y: number[] };

/** Divides the range of some values into equal bins, as `numpy.histogram` does: the last bin has the maximum. */
export function histogramOf(values: readonly number[], bins: number): ChartHistogram & { readonly edges: number[] } {
  if (values.length === 0) return { x: [], y: [], edges: [] };
  let [least, most] = [Math.min(...values), Math.max(...values)];
  if (least === most) [least, most] = [least - 0.5, most + 0.5];
  const width = (most - least) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, index) => (index === bins ? most : least + index * width));
  const y = new Array<number>(bins).fill(0);
  for (const value of values) {
    let bin = Math.min(Math.floor((value - least) / width), bins - 1);
    // The division can be wrong by one rounding at an edge.
    if (value < (edges[bin] ?? least)) bin -= 1;
    else if (bin + 1 < bins && value >= (edges[bin + 1] ?? most)) bin += 1;
    y[bin] = (y[bin] ?? 0) + 1;
  }
  return { x: y.map((_, index) => ((edges[index] ?? 0) + (edges[index + 1] ?? 0)) / 2), y, edges };
}

/** Returns the mean; 0 if there are no values. */
export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Returns the median; 0 if there are no values. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return values.length === 0 ? 0 : ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

/** A pie of the original API. */
export type Pie = { readonly type: 'pie'; readonly labels: string[]; readonly values: number[] };

/** The slices of every pie. The original has 10 in some and 15 in others. */
const maxSlices = 15;

/** Returns the largest slices, and the sum of all others as the last one. */
export function pieOf(slices: ReadonlyMap<string, number>, noun = ''): Pie {
  const sorted = [...slices].filter(([, value]) => value > 0).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const shown = sorted.slice(0, maxSlices);
  const rest = sorted.slice(maxSlices);
  const others: [string, number][] =
    rest.length === 0 ? [] : [[`Others (${rest.length}${noun})`, rest.reduce((sum, [, value]) => sum + value, 0)]];
  const all = [...shown, ...others];
  return { type: 'pie', labels: all.map(([label]) => label), values: all.map(([, value]) => value) };
}
