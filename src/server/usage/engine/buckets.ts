/** Lists of whole numbers below 2³², one for each slot. A list grows as numbers are added. */
export type Buckets = {
  readonly lists: Uint32Array[];
  readonly lengths: number[];
  /** The first length of the array of a list. */
  readonly firstLength: number;
};

/** An empty list. */
export const noValues = new Uint32Array(0);

/** Returns buckets without slots. */
export function createBuckets(firstLength = 16): Buckets {
  return { lists: [], lengths: [], firstLength: Math.max(16, firstLength) };
}

/** Makes room for slots below a number. */
export function reserveSlots({ lists, lengths }: Buckets, slots: number): void {
  while (lists.length < slots) {
    lists.push(noValues);
    lengths.push(0);
  }
}

/** Adds a number to the list of a slot, which must be reserved. */
export function addToBucket(buckets: Buckets, slot: number, value: number): void {
  const length = buckets.lengths[slot] ?? 0;
  let list = buckets.lists[slot] ?? noValues;
  if (length === list.length) list = growBucket(buckets, slot);
  list[length] = value;
  buckets.lengths[slot] = length + 1;
}

/** Gives a list that is full a longer array, and returns it. */
export function growBucket({ lists, firstLength }: Buckets, slot: number): Uint32Array {
  const before = lists[slot] ?? noValues;
  const after = new Uint32Array(Math.max(firstLength, Math.ceil(1.5 * before.length)));
  after.set(before);
  lists[slot] = after;
  return after;
}

/** Returns the list of each slot below a number, sorted. The buckets must not be used any more. */
export function sortedLists({ lists, lengths }: Buckets, slots: number): Uint32Array[] {
  return Array.from({ length: slots }, (_, slot) => (lists[slot] ?? noValues).subarray(0, lengths[slot] ?? 0).sort());
}
