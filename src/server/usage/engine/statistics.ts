/** The seconds of some jobs, in sorted lists: all of them together are the jobs. A job without the time is not among them. */
export type Timing = readonly Uint32Array[];

/** With more lists than this, one list is faster. */
const maxLists = 64;

/** Returns the jobs of some timings together. */
export function together(timings: readonly Timing[]): Timing {
  const lists = timings.flat().filter(({ length }) => length > 0);
  if (lists.length <= maxLists) return lists;
  const all = new Uint32Array(countOf(lists));
  let place = 0;
  for (const list of lists) {
    all.set(list, place);
    place += list.length;
  }
  return [all.sort()];
}

/** Returns the number of jobs. */
export function countOf(timing: Timing): number {
  return timing.reduce((sum, { length }) => sum + length, 0);
}

/** Returns a quantile by linear interpolation between neighbours (type 7 of R, NumPy's default); null if there are no jobs. */
export function quantile(timing: Timing, probability: number): number | null {
  const count = countOf(timing);
  if (count === 0) return null;
  const place = (count - 1) * probability;
  const below = ranked(timing, Math.floor(place));
  const above = place === Math.floor(place) ? below : ranked(timing, Math.ceil(place));
  return below + (above - below) * (place - Math.floor(place));
}

/** Returns the number that has `rank` numbers before it in the order of all. */
function ranked(timing: Timing, rank: number): number {
  const [only] = timing;
  if (only && timing.length === 1) return only[rank] ?? 0;
  let [least, most] = [0, 2 ** 32 - 1];
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (countBelow(timing, middle + 1) > rank) most = middle;
    else least = middle + 1;
  }
  return least;
}

function countBelow(timing: Timing, bound: number): number {
  let count = 0;
  for (const sorted of timing) count += firstAtLeast(sorted, bound);
  return count;
}

/** Returns the mean; null if there are no jobs. */
export function mean(timing: Timing): number | null {
  const count = countOf(timing);
  return count === 0 ? null : timing.reduce((sum, sorted) => sum + sumOf(sorted), 0) / count;
}

// An iterator over a typed array takes ten times as long.
function sumOf(values: Uint32Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] ?? 0;
  return sum;
}

/** Returns how many jobs are in each of the classes that `bounds` separate: a value equal to a bound is above it. */
export function countBetween(timing: Timing, bounds: readonly number[]): number[] {
  const places = [0, ...bounds.map((bound) => countBelow(timing, bound)), countOf(timing)];
  return places.slice(1).map((place, index) => place - (places[index] ?? 0));
}

function firstAtLeast(sorted: Uint32Array, bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
