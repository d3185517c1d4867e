import { type ApiKeyRow, hasKeys, keyWithHash, noteKeyUse } from '../store/api-keys.ts';
import { Unavailable } from '../store/errors.ts';
import type { Store } from '../store/port.ts';
import { timestampOf } from '../timestamp.ts';
import type { Account } from './caller.ts';
import { hashOf } from './keys.ts';
import { createRateLimit, defaultPerMinute } from './rate-limit.ts';
import { scopesOf } from './scope.ts';

/** Finds the holders of keys. */
export type KeyRing = {
  /**
   * Returns the holder of a key, null if there is no such key.
   * @throws RequestProblem 429 over the rate of the key
   */
  holder(key: string): Promise<Account | null>;
  /** True if no key is stored or in `API_KEYS`. */
  isEmpty(): Promise<boolean>;
  /** Returns the holder of a stored key, null if no key of that name is this one. */
  named(name: string, key: string): Promise<Account | null>;
};

/** The time of the last use is stored at most this often, to write less. */
const usedEveryMs = 60_000;

/**
 * Returns a key ring that reads the keys of the store at every request, so that a new or removed key counts at once.
 * @param environmentKeys further keys, for all clusters, which are not stored: those of `API_KEYS`
 */
export function createKeyRing(store: Store, environmentKeys: readonly string[]): KeyRing {
  const fromEnvironment = new Set(environmentKeys.map((key) => hashOf(key).toString('hex')));

  const rate = createRateLimit();

  async function accountOf(row: ApiKeyRow): Promise<Account> {
    rate.take(row.name, row.per_minute ?? defaultPerMinute);
    await noteUse(store, row.name, row.last_used_at, new Date());
    return { name: row.name, kind: 'key', scopes: scopesOf(row.scopes) };
  }

  return {
    async holder(key) {
      const hash = hashOf(key);
      const row = await keyWithHash(store, hash);
      if (row) return accountOf(row);
      if (!fromEnvironment.has(hash.toString('hex'))) return null;
      rate.take('API_KEYS', defaultPerMinute);
      return { name: 'API_KEYS', kind: 'key', scopes: ['write:*'] };
    },
    isEmpty: async () => fromEnvironment.size === 0 && !(await hasKeys(store)),
    async named(name, key) {
      if (!looksLikeKey(key)) return null;
      const row = await keyWithHash(store, hashOf(key));
      return row?.name === name ? accountOf(row) : null;
    },
  };
}

/** True for a text of the form of the keys that `serve key add` makes. */
export function looksLikeKey(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

/** Returns the keys in the variable `API_KEYS`, which commas separate. Blanks around a key are ignored. */
export function keysIn(variable: string | undefined): string[] {
  return (variable ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
}

async function noteUse(store: Store, name: string, lastUsedAt: string | null, now: Date): Promise<void> {
  if (lastUsedAt !== null && lastUsedAt > timestampOf(new Date(now.getTime() - usedEveryMs))) return;
  try {
    await store.transaction((writer) => noteKeyUse(writer, name, timestampOf(now)));
  } catch (error) {
    // On a full disk the key must still be valid for reading.
    if (!(error instanceof Unavailable)) throw error;
  }
}
