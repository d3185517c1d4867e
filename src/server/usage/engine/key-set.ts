import { createNumberSet } from './number-set.ts';

/** Keys up to here are bytes of an array: 32 MB. */
const maxFlags = 32 * 1024 ** 2;

/** A set of keys, of which the small ones are as fast as an array. */
export function createKeySet() {
  let flags = new Uint8Array(1024);
  const large = createNumberSet();
  return {
    /** Makes room for keys below a number. */
    reserve(keys: number): void {
      if (keys <= flags.length || flags.length === maxFlags) return;
      const larger = new Uint8Array(Math.min(maxFlags, Math.max(keys, 2 * flags.length)));
      larger.set(flags);
      flags = larger;
    },
    add(key: number): void {
      if (key < flags.length) flags[key] = 1;
      else large.add(key);
    },
    forEach(visit: (key: number) => void): void {
      for (let key = 0; key < flags.length; key++) if (flags[key] === 1) visit(key);
      large.forEach(visit);
    },
  };
}

export type KeySet = ReturnType<typeof createKeySet>;
