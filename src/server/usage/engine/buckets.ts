import { countedList, type List, sortedList } from './statistics.ts';

/**
 * Lists of whole numbers below 2³², one for each slot. The numbers of a small list are in chunks: a list that moves to a
 * larger array each time it is full takes twice the time and the memory. Of a large list, small numbers are counted.
 */
export type Buckets = {
  /** The chunk of each slot that has room, and how many numbers are in it. */
  readonly chunks: Uint32Array[];
  readonly lengths: number[];
  /** The chunks before it. */
  readonly full: Uint32Array[][];
  /** How often the list of each slot has each small number beside those in chunks; empty for a small list. */
  readonly counts: Uint32Array[];
};

/** An empty chunk. */
export const noValues = new Uint32Array(0);
/** The last of the chunks that double in length: a list is large when it is full. */
const [leastChunk, mostChunk] = [16, 8192];
/** Counted numbers are below this: 18 hours in seconds. */
const smallNumbers = 65_536;

/** Returns buckets without slots. */
export function createBuckets(): Buckets {
  return { chunks: [], lengths: [], full: [], counts: [] };
}

/** Makes room for slots below a number. */
export function reserveSlots({ chunks, lengths, full, counts }: Buckets, slots: number): void {
  while (chunks.length < slots) {
    chunks.push(noValues);
    lengths.push(0);
    full.push([]);
    counts.push(noValues);
  }
}

/** Adds a number to the list of a slot, which must be reserved. */
export function addToBucket(buckets: Buckets, slot: number, value: number): void {
  const counts = buckets.counts[slot] ?? noValues;
  if (value < counts.length) {
    counts[value] = (counts[value] ?? 0) + 1;
    return;
  }
  let chunk = buckets.chunks[slot] ?? noValues;
  let length = buckets.lengths[slot] ?? 0;
  if (length === chunk.length) {
    chunk = nextChunk(buckets, slot);
    length = 0;
  }
  chunk[length] = value;
  buckets.lengths[slot] = length + 1;
}

/** Gives a slot whose chunk is full an empty one, and returns it. A list that is large now has counts then. */
export function nextChunk({ chunks, lengths, full, counts }: Buckets, slot: number): Uint32Array {
  const before = chunks[slot] ?? noValues;
  const all = full[slot] ?? [];
  if (before.length > 0) all.push(before);
  if (before.length === mostChunk && counts[slot] === noValues) {
    const counted = new Uint32Array(smallNumbers);
    full[slot] = all.map((chunk) => countSmall(chunk, counted));
    counts[slot] = counted;
  }
  const after = new Uint32Array(Math.min(mostChunk, Math.max(leastChunk, 2 * before.length)));
  chunks[slot] = after;
  lengths[slot] = 0;
  return after;
}

/** Counts the small numbers of a chunk, and returns the others. */
function countSmall(chunk: Uint32Array, counts: Uint32Array): Uint32Array {
  let left = 0;
  for (let index = 0; index < chunk.length; index++) {
    const value = chunk[index] ?? 0;
    if (value < counts.length) {
      counts[value] = (counts[value] ?? 0) + 1;
    } else {
      chunk[left] = value;
      left++;
    }
  }
  return chunk.slice(0, left);
}

/** Returns the numbers of each slot below a number. The buckets are empty then. */
export function listsOf({ chunks, lengths, full, counts }: Buckets, slots: number): List[][] {
  return Array.from({ length: slots }, (_, slot) => {
    const last = (chunks[slot] ?? noValues).subarray(0, lengths[slot] ?? 0);
    const all = [...(full[slot] ?? []), last];
    const list = new Uint32Array(all.reduce((sum, { length }) => sum + length, 0));
    let place = 0;
    for (const chunk of all) {
      list.set(chunk, place);
      place += chunk.length;
    }
    const counted = counts[slot] ?? noValues;
    full[slot] = [];
    chunks[slot] = noValues;
    lengths[slot] = 0;
    counts[slot] = noValues;
    return counted.length === 0 ? [sortedList(list)] : [sortedList(list), countedList(counted)];
  });
}
