/** Rounds to a number of decimals; the payload has 2 for GiB and percent, 3 for TiB. */
export function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

/** Returns `part` of `total` in percent (0–100) with two decimals; null if `total` is 0. */
export function percent(part: number, total: number): number | null {
  return total > 0 ? rounded((part / total) * 100, 2) : null;
}
