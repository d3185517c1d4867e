/**
 * Names that other programs use, and the names for the same thing here. The first known one is suggested. A Map, because
 * in an object the names `constructor` and `__proto__` would find what every object inherits.
 */
const elsewhere: ReadonlyMap<string, readonly string[]> = new Map([
  ['rm', ['remove', 'drop', 'resolve']],
  ['remove', ['rm', 'drop']],
  ['delete', ['remove', 'rm', 'drop']],
  ['list', ['ls']],
  ['status', ['health', 'stats', 'ls']],
  ['-n', ['--dry-run', '--limit']],
  ['-f', []],
]);

/**
 * Returns the known name with the fewest single-letter differences, or the known name for a name of another program;
 * null if none is similar. Less than half of the letters can differ.
 */
export function nearest(name: string, known: readonly string[]): string | null {
  const meant = known.includes(name) ? undefined : elsewhere.get(name);
  if (meant !== undefined) return meant.find((one) => known.includes(one)) ?? null;
  let best: string | null = null;
  let bestDistance =
    Math.min(Math.max(2, Math.floor(name.length / 3)), Math.max(Math.ceil(name.length / 2) - 1, 0)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance, computed row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
