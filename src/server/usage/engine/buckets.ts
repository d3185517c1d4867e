import { type SortedList, sortedList } from './statistics.ts';

/**
 * Lists of whole numbers below 2³², one for each slot. Numbers are added to the last chunk of a slot: a list that moves
 * to a larger array each time it is full takes twice the time and the memory.
 */
export type Buckets = {
  /** The chunk of each slot that has room, and how many numbers are in it. */
  readonly chunks: Uint32Array[];
  readonly lengths: number[];
  /** The chunks before it. */
  readonly full: Uint32Array[][];
};

/** An empty chunk. */
export const noValues = new Uint32Array(0);
const [leastChunk, mostChunk] = [16, 8192];

/** Returns buckets without slots. */
export function createBuckets(): Buckets {
  return { chunks: [], lengths: [], full: [] };
}

/** Makes room for slots below a number. */
export function reserveSlots({ chunks, lengths, full }: Buckets, slots: number): void {
  while (chunks.length < slots) {
    chunks.push(noValues);
    lengths.push(0);
    full.push([]);
  }
}

/** Adds a number to the list of a slot, which must be reserved. */
export function addToBucket(buckets: Buckets, slot: number, value: number): void {
  let chunk = buckets.chunks[slot] ?? noValues;
  let length = buckets.lengths[slot] ?? 0;
  if (length === chunk.length) {
    chunk = nextChunk(buckets, slot);
    length = 0;
  }
  chunk[length] = value;
  buckets.lengths[slot] = length + 1;
}

/** Gives a slot whose chunk is full an empty one, and returns it. */
export function nextChunk({ chunks, lengths, full }: Buckets, slot: number): Uint32Array {
  const before = chunks[slot] ?? noValues;
  if (before.length > 0) full[slot]?.push(before);
  const after = new Uint32Array(Math.min(mostChunk, Math.max(leastChunk, 2 * before.length)));
  chunks[slot] = after;
  lengths[slot] = 0;
  return after;
}

/** Returns the list of each slot below a number, sorted. The buckets are empty then. */
export function sortedLists({ chunks, lengths, full }: Buckets, slots: number): SortedList[] {
  return Array.from({ length: slots }, (_, slot) => {
    const last = (chunks[slot] ?? noValues).subarray(0, lengths[slot] ?? 0);
    const all = [...(full[slot] ?? []), last];
    const list = new Uint32Array(all.reduce((sum, { length }) => sum + length, 0));
    let place = 0;
    for (const chunk of all) {
      list.set(chunk, place);
      place += chunk.length;
    }
    full[slot] = [];
    chunks[slot] = noValues;
    lengths[slot] = 0;
    return sortedList(list);
  });
}
