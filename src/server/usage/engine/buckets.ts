/** Lists of whole numbers below 2³², one for each slot. A list grows as numbers are added. */
export type Buckets = {
  readonly lists: Uint32Array[];
  readonly lengths: number[];
};

const empty = new Uint32Array(0);

/** Returns buckets without slots. */
export function createBuckets(): Buckets {
  return { lists: [], lengths: [] };
}

/** Makes room for slots below a number. */
export function reserveSlots({ lists, lengths }: Buckets, slots: number): void {
  while (lists.length < slots) {
    lists.push(empty);
    lengths.push(0);
  }
}

/** Adds a number to the list of a slot, which must be reserved. */
export function addToBucket({ lists, lengths }: Buckets, slot: number, value: number): void {
  const length = lengths[slot] ?? 0;
  let list = lists[slot];
  if (list === undefined || length === list.length) list = grown(lists, slot);
  list[length] = value;
  lengths[slot] = length + 1;
}

function grown(lists: Uint32Array[], slot: number): Uint32Array {
  const before = lists[slot];
  const after = new Uint32Array(Math.max(16, Math.ceil(1.5 * (before?.length ?? 0))));
  if (before) after.set(before);
  lists[slot] = after;
  return after;
}

/** Returns the list of each slot below a number, sorted. The buckets must not be used any more. */
export function sortedLists({ lists, lengths }: Buckets, slots: number): Uint32Array[] {
  return Array.from({ length: slots }, (_, slot) => (lists[slot] ?? empty).subarray(0, lengths[slot] ?? 0).sort());
}
