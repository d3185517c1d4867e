import type { Reader, Writer } from './port.ts';

/** Stores a user with the hash of its password. Returns true if the user had another one before. */
export async function storeUser(writer: Writer, name: string, passwordHash: string, now: string): Promise<boolean> {
  const before = await passwordHashOf(writer, name);
  await writer.run(
    `INSERT INTO users (name, password_hash, changed_at) VALUES ($1, $2, $3)
     ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, changed_at = excluded.changed_at`,
    name,
    passwordHash,
    now,
  );
  return before !== null;
}

/** Returns the hash of a user's password, null if there is no such user. */
export async function passwordHashOf(reader: Reader, name: string): Promise<string | null> {
  const row = await reader.get<{ password_hash: string }>('SELECT password_hash FROM users WHERE name = $1', name);
  return row?.password_hash ?? null;
}

/** Returns the number of users. */
export async function countUsers(reader: Reader): Promise<number> {
  const row = await reader.get<{ users: number }>('SELECT count(*) AS users FROM users');
  return row?.users ?? 0;
}

/** A user without the password: the name, and when the password was set. */
export type KnownUser = { readonly name: string; readonly changedAt: string };

/** Returns the users by name. */
export function allUsers(reader: Reader): Promise<KnownUser[]> {
  return reader.all<KnownUser>('SELECT name, changed_at AS "changedAt" FROM users ORDER BY name');
}

/** Removes a user. Returns false if there is none of that name. */
export async function deleteUser(writer: Writer, name: string): Promise<boolean> {
  return (await writer.run('DELETE FROM users WHERE name = $1', name)) > 0;
}
