import { type NameDimension, type Named, nameDimensions } from '../segments/segment.ts';
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

function isBelow(name: string, tops: ReadonlySet<string>, separator: string): boolean {
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

/** Writes the indexes of the rows that pass into `out` and returns their number. */
export function selectRows(rows: Named & { readonly count: number }, masks: Masks, out: Int32Array): number {
  let count = rows.count;
  for (let index = 0; index < count; index++) out[index] = index;
  for (const { dimension, passes } of masks) count = kept(rows[dimension], passes, out, count);
  return count;
}

function kept(ids: Uint16Array | Uint32Array, passes: Uint8Array, out: Int32Array, count: number): number {
  let left = 0;
  for (let index = 0; index < count; index++) {
    const row = out[index] ?? 0;
    if (passes[ids[row] ?? 0] === 1) {
      out[left] = row;
      left++;
    }
  }
  return left;
}
