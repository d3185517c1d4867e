import type { Database } from 'bun:sqlite';
import { createHash, randomBytes } from 'node:crypto';
import { OperatorError } from '../../lib/errors.ts';
import { openDatabase } from '../database.ts';
import { timestampOf } from '../timestamp.ts';
import { type Scope, scopeOf, scopeText } from './scope.ts';

/** An API key as it is listed; the key itself is not kept. Times are naive UTC texts. */
export type ApiKey = {
  readonly name: string;
  readonly scope: Scope;
  readonly createdAt: string;
  /** To the minute; null when it was never used. */
  readonly lastUsedAt: string | null;
};

/**
 * Makes a key, keeps only its hash, and returns it to be shown once: 43 url-safe characters. A running receiver takes it
 * with the next request.
 * @throws OperatorError for a bad name or one that is there, or when the database cannot be opened
 */
export function addKey(databasePath: string, name: string, scope: Scope): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name)) {
    throw new OperatorError(
      "A key's name has 1 to 64 letters, digits, dots, underscores, at signs or hyphens, and begins with a letter or digit.",
    );
  }
  const key = randomBytes(32).toString('base64url');
  return inDatabase(databasePath, (database) => {
    const { changes } = database
      .query(
        `INSERT INTO api_keys (name, key_sha256, scope, created_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (name) DO NOTHING`,
      )
      .run(name, hashOf(key), scopeText(scope), timestampOf(new Date()));
    if (changes > 0) return key;
    throw new OperatorError(`there is a key ${name} already: give another name, or remove it first`);
  });
}

/**
 * The keys by name.
 * @throws OperatorError when the database cannot be opened
 */
export function listKeys(databasePath: string): ApiKey[] {
  return inDatabase(databasePath, (database) =>
    database
      .query<{ name: string; scope: string; created_at: string; last_used_at: string | null }, []>(
        'SELECT name, scope, created_at, last_used_at FROM api_keys ORDER BY name',
      )
      .all()
      .map((row) => ({
        name: row.name,
        scope: scopeOf(row.scope),
        createdAt: row.created_at,
        lastUsedAt: row.last_used_at,
      })),
  );
}

/**
 * Removes a key; a running receiver refuses it from the next request on.
 * @throws OperatorError when there is none of that name, or the database cannot be opened
 */
export function removeKey(databasePath: string, name: string): void {
  const { changes } = inDatabase(databasePath, (database) =>
    database.query('DELETE FROM api_keys WHERE name = ?').run(name),
  );
  if (changes === 0) throw new OperatorError(`there is no key ${name}: see hpc-collector serve key ls`);
}

/**
 * The SHA-256 of a key. A password needs a slow hash because it can be guessed; a key of 256 random bits cannot, and
 * this one costs nothing at each request. Who looks it up in the database, by an index, tells nothing by the time that
 * takes: nobody can choose a key by its hash.
 */
export function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function inDatabase<Result>(path: string, work: (database: Database) => Result): Result {
  const database = openDatabase(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}
