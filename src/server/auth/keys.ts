import { createHash, randomBytes } from 'node:crypto';
import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { allKeys, deleteKey, insertKey, replaceKey } from '../store/api-keys.ts';
import { type Location, withStore } from '../store/open.ts';
import { timestampOf } from '../timestamp.ts';
import { type Scope, scopesOf, scopesText } from './scope.ts';

/** An API key as it is listed, without the key itself. Times are naive UTC texts. */
export type ApiKey = {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
  /** To the minute; null if it was never used. */
  readonly lastUsedAt: string | null;
  /** The requests a minute that are answered; null for the default. */
  readonly perMinute: number | null;
};

/**
 * Makes a key of 43 URL-safe characters, stores its hash, and returns the key, to be shown once. A running receiver
 * accepts it from the next request on.
 * @param perMinute the requests a minute that are answered; null for the default (rate-limit.ts)
 * @throws OperatorError for a bad name or an existing one, or if the database cannot be opened
 */
export async function addKey(
  location: Location,
  name: string,
  scopes: readonly Scope[],
  perMinute: number | null = null,
): Promise<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name)) {
    throw new OperatorError(
      "A key's name has 1 to 64 letters, digits, dots, underscores, at signs or hyphens, and begins with a letter or digit.",
    );
  }
  const key = newKey();
  const row = { name, sha256: hashOf(key), scopes: scopesText(scopes), perMinute, createdAt: timestampOf(new Date()) };
  const isNew = await withStore(location, (store) => store.transaction((writer) => insertKey(writer, row)));
  if (isNew) return key;
  throw new OperatorError(`there is a key ${name} already: give another name, or remove it first`);
}

/**
 * Replaces a key by a new one with the same name, scopes and limit, and returns the new one, to be shown once. A running
 * receiver refuses the old one from the next request on.
 * @throws OperatorError if there is none of that name, or if the database cannot be opened
 */
export async function rotateKey(location: Location, name: string): Promise<string> {
  const key = newKey();
  const now = timestampOf(new Date());
  const isKnown = await withStore(location, (store) =>
    store.transaction((writer) => replaceKey(writer, name, hashOf(key), now)),
  );
  if (!isKnown) throw unknownKey(name);
  return key;
}

function newKey(): string {
  return randomBytes(32).toString('base64url');
}

function unknownKey(name: string): OperatorError {
  return new OperatorError(`there is no key ${printable(name, 80)}: see hpc-collector serve key ls`);
}

/**
 * Returns the keys by name.
 * @throws OperatorError if the database cannot be opened
 */
export async function listKeys(location: Location): Promise<ApiKey[]> {
  const rows = await withStore(location, allKeys);
  return rows.map((row) => ({
    name: row.name,
    scopes: scopesOf(row.scopes),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    perMinute: row.per_minute,
  }));
}

/**
 * Removes a key. A running receiver refuses it from the next request on.
 * @throws OperatorError if there is none of that name, or if the database cannot be opened
 */
export async function removeKey(location: Location, name: string): Promise<void> {
  const removed = await withStore(location, (store) => store.transaction((writer) => deleteKey(writer, name)));
  if (!removed) throw unknownKey(name);
}

/**
 * Returns the SHA-256 of a key. A password needs a slow hash because it can be guessed; a key of 256 random bits cannot,
 * and this hash costs nothing at each request. The time of the look-up by index reveals nothing, because no client can
 * choose a key by its hash.
 */
export function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
