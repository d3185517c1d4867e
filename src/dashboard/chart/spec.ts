/** A stretch of time behind the data, such as an outage. */
export type Band = {
  readonly from: number;
  readonly to: number;
  readonly kind: 'down' | 'degraded' | 'maintenance' | 'unknown';
  readonly label: string;
};

/** One line, area or set of bars. Null values are gaps. */
export type Series = {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** The edges of a band around the line, such as the least and the greatest value of each step. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
  /** True for the rest of a ranking: it is grey, and last. */
  readonly isRest?: boolean;
};

/** What a chart shows. The x axis has times (ms) or names. */
export type ChartSpec = {
  readonly kind: 'lines' | 'stack' | 'bars' | 'ranking';
  readonly x: { readonly times: readonly number[] } | { readonly names: readonly string[] };
  /** The heading of the x values in the table and the CSV file. */
  readonly xTitle: string;
  readonly unit: string;
  readonly series: readonly Series[];
  readonly bands?: readonly Band[];
  /** For a ranking whose names are series of another chart: the number of names. A further bar is the rest, grey. */
  readonly namedBars?: number;
  /** True if each of a few names must be readable on the axis. */
  readonly showsAllNames?: boolean;
  /** The end of the y axis, if it is known. */
  readonly max?: number;
  /** True for a whole unit, such as jobs: the axis has no halves. */
  readonly isWhole?: boolean;
};

/** Returns the number of x values. */
export function lengthOf({ x }: ChartSpec): number {
  return 'times' in x ? x.times.length : x.names.length;
}
