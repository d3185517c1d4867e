import { RequestProblem } from '../http/problem.ts';
import { hasKeys, keyWithHash, noteKeyUse } from '../store/api-keys.ts';
import { Unavailable } from '../store/errors.ts';
import type { Store } from '../store/port.ts';
import { timestampOf } from '../timestamp.ts';
import { hashOf } from './keys.ts';
import { covers, type Scope, scopeOf, scopeText } from './scope.ts';

/** The holder of a key: its name, and the clusters that it is for. */
export type KeyHolder = { readonly name: string; readonly scope: Scope };

/** Finds the holder of the key that a request has. */
export type KeyRing = {
  /** @throws RequestProblem 401 or 500 in the words of the ingest API */
  holder(headers: Headers): Promise<KeyHolder>;
};

/** Writing the exact second of each use would cost more than it is worth. */
const usedEveryMs = 60_000;

/**
 * Returns a key ring that reads the keys of the store at every request, so that a new or removed key counts at once.
 * @param environmentKeys further keys, for all clusters, which are not stored: those of `API_KEYS`
 */
export function createKeyRing(store: Store, environmentKeys: readonly string[]): KeyRing {
  const fromEnvironment = new Set(environmentKeys.map((key) => hashOf(key).toString('hex')));
  return {
    async holder(headers) {
      const key = headers.get('x-api-key')?.trim() ?? '';
      if (key === '') throw new RequestProblem(401, 'Missing API Key');
      const hash = hashOf(key);
      const row = await keyWithHash(store, hash);
      if (row) {
        await noteUse(store, row.name, row.last_used_at, new Date());
        return { name: row.name, scope: scopeOf(row.scope) };
      }
      if (fromEnvironment.has(hash.toString('hex'))) return { name: 'API_KEYS', scope: '*' };
      throw fromEnvironment.size > 0 || (await hasKeys(store))
        ? new RequestProblem(401, 'Invalid API Key')
        : new RequestProblem(500, 'No API keys configured on server');
    },
  };
}

/** @throws RequestProblem 403 that says which clusters the key is for */
export function requireCluster({ name, scope }: KeyHolder, cluster: string): void {
  if (covers(scope, cluster)) return;
  throw new RequestProblem(403, `API key ${name} is not for cluster ${cluster}, only for ${scopeText(scope)}`);
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
