import type { Reader, Writer } from './port.ts';

/** Stores a user, or replaces the one of that name. The scopes are text (auth/scope.ts). */
export async function storeUser(writer: Writer, user: KnownUser & { readonly passwordHash: string }): Promise<void> {
  await writer.run(
    `INSERT INTO users (name, password_hash, scopes, changed_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, scopes = excluded.scopes,
       changed_at = excluded.changed_at`,
    user.name,
    user.passwordHash,
    user.scopes,
    user.changedAt,
  );
}

/** The hash of a user's password, and the scopes as text (auth/scope.ts). */
export type UserCredentials = { readonly passwordHash: string; readonly scopes: string };

/** Returns null if there is no such user. */
export function credentialsOf(reader: Reader, name: string): Promise<UserCredentials | null> {
  return reader.get<UserCredentials>('SELECT password_hash AS "passwordHash", scopes FROM users WHERE name = $1', name);
}

/** Returns the number of users. */
export async function countUsers(reader: Reader): Promise<number> {
  const row = await reader.get<{ users: number }>('SELECT count(*) AS users FROM users');
  return row?.users ?? 0;
}

/** A user without the password: the name, the scopes as text, and when the password was set. */
export type KnownUser = { readonly name: string; readonly scopes: string; readonly changedAt: string };

/** Returns the users by name. */
export function allUsers(reader: Reader): Promise<KnownUser[]> {
  return reader.all<KnownUser>('SELECT name, scopes, changed_at AS "changedAt" FROM users ORDER BY name');
}

/** Removes a user. Returns false if there is none of that name. */
export async function deleteUser(writer: Writer, name: string): Promise<boolean> {
  return (await writer.run('DELETE FROM users WHERE name = $1', name)) > 0;
}
