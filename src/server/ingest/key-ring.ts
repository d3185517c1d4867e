import type { Database } from 'bun:sqlite';
import { RequestProblem } from '../problem.ts';
import { storeError, Unavailable } from '../store/errors.ts';
import { timestampOf } from '../timestamp.ts';
import { hashOf } from './keys.ts';
import { covers, type Scope, scopeOf, scopeText } from './scope.ts';

/** Who holds a key: its name, and what it may be used for. */
export type KeyHolder = { readonly name: string; readonly scope: Scope };

/** Says whose key a request has. */
export type KeyRing = {
  /** @throws RequestProblem 401 or 500 in the words of the ingest API */
  holder(headers: Headers): KeyHolder;
};

/** A write to the disk at each request would cost more than the exact second is worth. */
const usedEveryMs = 60_000;

/**
 * Reads keys from `database` with every request, so that a new or removed one counts at once.
 * @param environmentKeys further keys, for all clusters, that no database has: those of `API_KEYS`
 */
export function createKeyRing(database: Database, environmentKeys: readonly string[]): KeyRing {
  const fromEnvironment = new Set(environmentKeys.map((key) => hashOf(key).toString('hex')));
  return {
    holder(headers) {
      const key = headers.get('x-api-key')?.trim() ?? '';
      if (key === '') throw new RequestProblem(401, 'Missing API Key');
      const hash = hashOf(key);
      const row = database
        .query<{ name: string; scope: string; last_used_at: string | null }, [Buffer]>(
          'SELECT name, scope, last_used_at FROM api_keys WHERE key_sha256 = ?',
        )
        .get(hash);
      if (row) {
        noteUse(database, row.name, row.last_used_at, new Date());
        return { name: row.name, scope: scopeOf(row.scope) };
      }
      if (fromEnvironment.has(hash.toString('hex'))) return { name: 'API_KEYS', scope: '*' };
      const isAny = fromEnvironment.size > 0 || database.query('SELECT 1 FROM api_keys LIMIT 1').get() !== null;
      throw isAny
        ? new RequestProblem(401, 'Invalid API Key')
        : new RequestProblem(500, 'No API keys configured on server');
    },
  };
}

/** @throws RequestProblem 403 that says what the key may be used for */
export function requireCluster({ name, scope }: KeyHolder, cluster: string): void {
  if (covers(scope, cluster)) return;
  throw new RequestProblem(403, `API key ${name} is not for cluster ${cluster}, only for ${scopeText(scope)}`);
}

/** The keys in the variable `API_KEYS`: with commas between them, blanks around each do not count. */
export function keysIn(variable: string | undefined): string[] {
  return (variable ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
}

function noteUse(database: Database, name: string, lastUsedAt: string | null, now: Date): void {
  if (lastUsedAt !== null && lastUsedAt > timestampOf(new Date(now.getTime() - usedEveryMs))) return;
  try {
    database.query('UPDATE api_keys SET last_used_at = ? WHERE name = ?').run(timestampOf(now), name);
  } catch (error) {
    // On a full disk the key must still be good for reading.
    if (!(storeError(error) instanceof Unavailable)) throw error;
  }
}
