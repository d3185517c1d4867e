import type { Reader, Writer } from './port.ts';

/** An API key without the key itself. The scopes are text (auth/scope.ts), times are canonical text (timestamp.ts). */
export type ApiKeyRow = {
  readonly name: string;
  readonly scopes: string;
  readonly created_at: string;
  readonly last_used_at: string | null;
  /** The requests a minute that are answered; null for the default. */
  readonly per_minute: number | null;
};

/** Stores a key. Returns false if there is one of that name. */
export async function insertKey(
  writer: Writer,
  key: {
    readonly name: string;
    readonly sha256: Uint8Array;
    readonly scopes: string;
    readonly perMinute: number | null;
    readonly createdAt: string;
  },
): Promise<boolean> {
  const inserted = await writer.run(
    `INSERT INTO api_keys (name, key_sha256, scopes, per_minute, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (name) DO NOTHING`,
    key.name,
    key.sha256,
    key.scopes,
    key.perMinute,
    key.createdAt,
  );
  return inserted > 0;
}

/** Returns the keys by name. */
export function allKeys(reader: Reader): Promise<ApiKeyRow[]> {
  return reader.all<ApiKeyRow>('SELECT name, scopes, created_at, last_used_at, per_minute FROM api_keys ORDER BY name');
}

/** Replaces the key of a name. It was made at `now`, and never used. Returns false if there is none of that name. */
export async function replaceKey(writer: Writer, name: string, sha256: Uint8Array, now: string): Promise<boolean> {
  const changed = await writer.run(
    'UPDATE api_keys SET key_sha256 = $1, created_at = $2, last_used_at = NULL WHERE name = $3',
    sha256,
    now,
    name,
  );
  return changed > 0;
}

/** Removes a key. Returns false if there is none of that name. */
export async function deleteKey(writer: Writer, name: string): Promise<boolean> {
  return (await writer.run('DELETE FROM api_keys WHERE name = $1', name)) > 0;
}

/** Returns the key with a hash, null if there is none. */
export function keyWithHash(reader: Reader, sha256: Uint8Array): Promise<ApiKeyRow | null> {
  return reader.get<ApiKeyRow>(
    'SELECT name, scopes, created_at, last_used_at, per_minute FROM api_keys WHERE key_sha256 = $1',
    sha256,
  );
}

/** Returns true if there is any key. */
export async function hasKeys(reader: Reader): Promise<boolean> {
  return (await reader.get('SELECT 1 AS known FROM api_keys LIMIT 1')) !== null;
}

/** Stores when a key was last used. */
export async function noteKeyUse(writer: Writer, name: string, now: string): Promise<void> {
  await writer.run('UPDATE api_keys SET last_used_at = $1 WHERE name = $2', now, name);
}
