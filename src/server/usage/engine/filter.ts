import { type Combinations, type Ids, type NameDimension, nameDimensions } from '../segments/segment.ts';
import type { Loaded } from './loaded.ts';

/** The names that a dimension must have one of; null for every name. A null among them is an absent QOS. */
export type JobFilter = Readonly<Record<NameDimension, readonly string[] | null>> & {
  /** Account names, each of which stands for itself and the accounts below it. */
  readonly accountsBelow: readonly string[] | null;
};

/** A filter of nothing. */
export const everything: JobFilter = {
  partition: null,
  account: null,
  user: null,
  qos: null,
  state: null,
  accountsBelow: null,
};

/** For each dimension that is filtered: 1 at each id that passes. */
export type Masks = readonly { readonly dimension: NameDimension; readonly passes: Uint8Array }[];

/** Returns the masks of a filter for the dictionary of a cluster. */
export function masksOf(filter: JobFilter, { names, cluster }: Pick<Loaded, 'names' | 'cluster'>): Masks {
  const masks: { dimension: NameDimension; passes: Uint8Array }[] = [];
  for (const dimension of nameDimensions) {
    const wanted = filter[dimension];
    if (wanted === null) continue;
    const set = new Set(wanted);
    masks.push({ dimension, passes: maskOf(names, (name) => partsOf(dimension, name).some((part) => set.has(part))) });
  }
  const { accountsBelow } = filter;
  if (accountsBelow !== null) {
    const set = new Set(accountsBelow);
    const separator = cluster.accountSeparator;
    masks.push({ dimension: 'account', passes: maskOf(names, (name) => isBelow(name, set, separator)) });
  }
  return masks;
}

/** A job in the partitions `a,b` ran in one of them: Slurm does not say which. It matches either. */
export function partsOf(dimension: NameDimension, name: string): readonly string[] {
  return dimension === 'partition' ? [name, ...name.split(',')] : [name];
}

function maskOf(names: readonly (string | null)[], passes: (name: string) => boolean): Uint8Array {
  return Uint8Array.from(names, (name) => (name !== null && passes(name) ? 1 : 0));
}

/**
 * True for one of some accounts, and for an account below one of them.
 * @param separator what separates the levels of account names; empty if they have no levels
 */
export function isBelow(name: string, tops: ReadonlySet<string>, separator: string): boolean {
  if (tops.has(name)) return true;
  if (separator === '') return false;
  for (let at = name.indexOf(separator); at >= 0; at = name.indexOf(separator, at + separator.length)) {
    if (tops.has(name.slice(0, at))) return true;
  }
  return false;
}

/** Returns the first levels of an account's name; 0 for all of it. */
export function accountLevels(name: string, levels: number, separator: string): string {
  return levels === 0 || separator === '' ? name : name.split(separator).slice(0, levels).join(separator);
}

/**
 * Writes the indexes of the jobs or cells that pass into `out` and returns their number.
 * @param combinations those of their segment
 */
export function selectRows(
  { count, combination }: { readonly count: number; readonly combination: Ids },
  combinations: Combinations,
  masks: Masks,
  out: Int32Array,
): number {
  if (masks.length === 0) return selectAll(count, out);
  const passes = new Uint8Array(combinations.count).fill(1);
  for (const mask of masks) remove(combinations[mask.dimension], mask.passes, passes);
  return selectPassing(combination, count, passes, out);
}

function selectAll(count: number, out: Int32Array): number {
  for (let index = 0; index < count; index++) out[index] = index;
  return count;
}

function remove(ids: Ids, passes: Uint8Array, left: Uint8Array): void {
  for (let index = 0; index < left.length; index++) if (passes[ids[index] ?? 0] !== 1) left[index] = 0;
}

function selectPassing(combination: Ids, count: number, passes: Uint8Array, out: Int32Array): number {
  let selected = 0;
  // Without a branch: which jobs pass cannot be predicted.
  for (let index = 0; index < count; index++) {
    out[selected] = index;
    selected += passes[combination[index] ?? 0] ?? 0;
  }
  return selected;
}
