/** The known values of a field in a period. */
export type Summary = {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
};

/** The summaries of a series' fields, in their order; null for a field without a known value. */
export type Rollup = readonly (Summary | null)[];

/** Returns a roll-up with the values of one more snapshot. The order of the snapshots makes no difference. */
export function withSample(before: Rollup, values: readonly (number | null)[]): Rollup {
  return Array.from({ length: Math.max(before.length, values.length) }, (_, index) => {
    const summary = before[index] ?? null;
    const value = values[index] ?? null;
    if (value === null) return summary;
    return {
      count: (summary?.count ?? 0) + 1,
      sum: (summary?.sum ?? 0) + value,
      minimum: Math.min(summary?.minimum ?? value, value),
      maximum: Math.max(summary?.maximum ?? value, value),
    };
  });
}

/** Returns the text in which the values of a snapshot are stored: a JSON list. */
export function sampleText(values: readonly (number | null)[]): string {
  return JSON.stringify(values);
}

/** Parses a stored sample. */
export function parseSample(text: string): (number | null)[] {
  return JSON.parse(text);
}

/**
 * A stored summary. Totals seldom change within an hour, so equal values are stored once. Reading a year makes a million
 * summaries, so readers do not turn them into objects.
 */
export type StoredSummary =
  | readonly [count: number, value: number]
  | readonly [count: number, sum: number, minimum: number, maximum: number];

/** Returns the text in which a roll-up is stored: a JSON list of lists. */
export function rollupText(rollup: Rollup): string {
  return JSON.stringify(rollup.map((summary) => summary && stored(summary)));
}

/** Parses a stored roll-up as it is stored. */
export function parseSummaries(text: string): readonly (StoredSummary | null)[] {
  return JSON.parse(text);
}

/** Parses a stored roll-up. */
export function parseRollup(text: string): Rollup {
  return parseSummaries(text).map((entry) => {
    if (entry === null) return null;
    const [count, value, minimum = value, maximum = value] = entry;
    return { count, sum: sumOf(entry), minimum, maximum };
  });
}

/** Returns the sum of the values of a stored summary. */
export function sumOf(entry: StoredSummary): number {
  return entry.length === 2 ? entry[0] * entry[1] : entry[1];
}

function stored({ count, sum, minimum, maximum }: Summary): StoredSummary {
  return minimum === maximum ? [count, minimum] : [count, sum, minimum, maximum];
}
