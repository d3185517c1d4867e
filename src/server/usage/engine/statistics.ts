/** Whole numbers, sorted or counted, and their sum. */
export type List = { readonly sum: number } & (
  | { readonly kind: 'sorted'; readonly values: Uint32Array }
  /** For each number below the length of `upTo`: how many of the numbers are not above it. */
  | { readonly kind: 'counted'; readonly upTo: Uint32Array }
);
type Lists = readonly List[];

/**
 * The seconds of some jobs: the numbers in `lists` without those in `repeats`. A job that is in several lists is in
 * `repeats` for each time but one. A job without the time is in none.
 */
export type Timing = { readonly lists: Lists; readonly repeats: Lists };

/** The timing of no jobs. */
export const noJobs: Timing = { lists: [], repeats: [] };

/** Lists that have fewer numbers than this on average are faster as one list. */
const shortLength = 150;

/** Sorts numbers in place and returns their list. */
export function sortedList(values: Uint32Array): List {
  return { kind: 'sorted', values: values.sort(), sum: sumOf(values) };
}

/** Adds up counts in place and returns the list of the numbers that were counted. */
export function countedList(counts: Uint32Array): List {
  let [count, sum] = [0, 0];
  for (let value = 0; value < counts.length; value++) {
    const of = counts[value] ?? 0;
    count += of;
    sum += of * value;
    counts[value] = count;
  }
  return { kind: 'counted', upTo: counts, sum };
}

/** Returns lists as fewer ones, if that makes it faster to find quantiles. */
export function joined(lists: Lists): Lists {
  const filled = lists.filter((list) => sizeOf(list) > 0);
  const sorted = filled.flatMap((list) => (list.kind === 'sorted' ? [list.values] : []));
  const count = sorted.reduce((sum, { length }) => sum + length, 0);
  if (sorted.length <= 1 || count >= shortLength * sorted.length) return filled;
  const all = new Uint32Array(count);
  let place = 0;
  for (const values of sorted) {
    all.set(values, place);
    place += values.length;
  }
  return [sortedList(all), ...filled.filter(({ kind }) => kind === 'counted')];
}

/** Returns the number of jobs. */
export function countOf({ lists, repeats }: Timing): number {
  return lengthOf(lists) - lengthOf(repeats);
}

function lengthOf(lists: Lists): number {
  return lists.reduce((count, list) => count + sizeOf(list), 0);
}

function sizeOf(list: List): number {
  return list.kind === 'sorted' ? list.values.length : (list.upTo.at(-1) ?? 0);
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
function ranked({ lists, repeats }: Timing, rank: number): number {
  const [only] = lists;
  if (only && lists.length === 1 && repeats.length === 0) return numberAt(only, rank);
  const all = [...lists, ...repeats];
  let [least, most] = [2 ** 32 - 1, 0];
  for (const list of lists) {
    least = Math.min(least, numberAt(list, 0));
    most = Math.max(most, numberAt(list, sizeOf(list) - 1));
  }
  // So many numbers of each list are below `least`, and not above `most`.
  let begins = new Uint32Array(all.length);
  let ends = Uint32Array.from(all, sizeOf);
  let places = new Uint32Array(all.length);
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    let count = 0;
    for (const [index, list] of all.entries()) {
      const place = countUpTo(list, middle, begins[index] ?? 0, ends[index] ?? 0);
      places[index] = place;
      count += index < lists.length ? place : -place;
    }
    if (count > rank) {
      most = middle;
      [ends, places] = [places, ends];
    } else {
      least = middle + 1;
      [begins, places] = [places, begins];
    }
  }
  return least;
}

/** Returns the number that has `rank` numbers of a list before it. */
function numberAt(list: List, rank: number): number {
  return list.kind === 'sorted' ? (list.values[rank] ?? 0) : firstAtLeast(list.upTo, rank + 1, 0, list.upTo.length);
}

/** Returns how many numbers of a list are not above a bound: at least `begin` and at most `end`. */
function countUpTo(list: List, bound: number, begin: number, end: number): number {
  if (list.kind === 'sorted') return firstAtLeast(list.values, bound + 1, begin, end);
  return list.upTo[bound] ?? (bound < 0 ? 0 : end);
}

function countBelow({ lists, repeats }: Timing, bound: number): number {
  const below = (some: Lists) => some.reduce((sum, list) => sum + countUpTo(list, bound - 1, 0, sizeOf(list)), 0);
  return below(lists) - below(repeats);
}

/** Returns the mean; null if there are no jobs. */
export function mean(timing: Timing): number | null {
  const count = countOf(timing);
  const sum = (lists: Lists) => lists.reduce((all, list) => all + list.sum, 0);
  return count === 0 ? null : (sum(timing.lists) - sum(timing.repeats)) / count;
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

/** Returns the place of the first number that is not below a bound, from the places `begin` to `end` of a sorted list. */
function firstAtLeast(sorted: Uint32Array, bound: number, begin: number, end: number): number {
  let low = begin;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
