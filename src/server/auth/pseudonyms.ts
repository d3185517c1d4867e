import { createHmac, randomBytes } from 'node:crypto';
import type { Store } from '../store/port.ts';
import { secretOf } from '../store/secrets.ts';

/** More names than a site has users. All are dropped at this number. */
const maxRemembered = 100_000;

/**
 * Returns the function that gives a name its pseudonym, such as `user-3f9a12bc45de`: 48 bits of an HMAC-SHA256 (RFC
 * 2104). Its key is random and stored in the database, so that pseudonyms stay the same, and names cannot be found by
 * trying all names of a site.
 */
export async function createPseudonyms(store: Store): Promise<(name: string) => string> {
  const key = await store.transaction((writer) => secretOf(writer, 'pseudonyms', randomBytes(32)));
  const remembered = new Map<string, string>();
  return (name) => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const pseudonym = `user-${createHmac('sha256', key).update(name).digest('hex').slice(0, 12)}`;
    if (remembered.size >= maxRemembered) remembered.clear();
    remembered.set(name, pseudonym);
    return pseudonym;
  };
}
