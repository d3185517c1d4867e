/** Sorted numbers, and their sum. */
export type SortedList = { readonly values: Uint32Array; readonly sum: number };
type Lists = readonly SortedList[];

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
export function sortedList(values: Uint32Array): SortedList {
  return { values: values.sort(), sum: sumOf(values) };
}

/** Returns sorted lists as fewer ones, if that makes it faster to find quantiles. */
export function joined(lists: Lists): Lists {
  const filled = lists.filter(({ values }) => values.length > 0);
  const count = lengthOf(filled);
  if (filled.length <= 1 || count >= shortLength * filled.length) return filled;
  const all = new Uint32Array(count);
  let place = 0;
  for (const { values } of filled) {
    all.set(values, place);
    place += values.length;
  }
  return [sortedList(all)];
}

/** Returns the number of jobs. */
export function countOf({ lists, repeats }: Timing): number {
  return lengthOf(lists) - lengthOf(repeats);
}

function lengthOf(lists: Lists): number {
  return lists.reduce((count, { values }) => count + values.length, 0);
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
  if (only && lists.length === 1 && repeats.length === 0) return only.values[rank] ?? 0;
  const all = [...lists, ...repeats].map(({ values }) => values);
  let [least, most] = [2 ** 32 - 1, 0];
  for (const { values } of lists) {
    least = Math.min(least, values[0] ?? least);
    most = Math.max(most, values.at(-1) ?? most);
  }
  // The numbers from `least` to `most` are at these places of each list.
  let begins = new Uint32Array(all.length);
  let ends = Uint32Array.from(all, ({ length }) => length);
  let places = new Uint32Array(all.length);
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (countUpTo(middle, all, lists.length, begins, ends, places) > rank) {
      most = middle;
      [ends, places] = [places, ends];
    } else {
      least = middle + 1;
      [begins, places] = [places, begins];
    }
  }
  return least;
}

/**
 * Returns how many numbers are not above a bound, and writes the place of the first one above it in each list.
 * @param added the number of lists that count; those after them are repeats
 */
function countUpTo(
  bound: number,
  lists: readonly Uint32Array[],
  added: number,
  begins: Uint32Array,
  ends: Uint32Array,
  places: Uint32Array,
): number {
  let count = 0;
  for (let index = 0; index < lists.length; index++) {
    const place = firstAtLeast(lists[index] ?? noNumbers, bound + 1, begins[index] ?? 0, ends[index] ?? 0);
    places[index] = place;
    count += index < added ? place : -place;
  }
  return count;
}

const noNumbers = new Uint32Array(0);

function countBelow({ lists, repeats }: Timing, bound: number): number {
  const below = (some: Lists) =>
    some.reduce((sum, { values }) => sum + firstAtLeast(values, bound, 0, values.length), 0);
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
  let [low, high] = [begin, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
