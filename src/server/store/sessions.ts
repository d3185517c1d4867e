import type { Reader, Writer } from './port.ts';

/** A session of a user. Times are canonical text (timestamp.ts). */
export type NewSession = {
  readonly tokenSha256: Uint8Array;
  readonly user: string;
  readonly createdAt: string;
  readonly expiresAt: string;
};

/** Stores a session, and deletes those that have expired. */
export async function insertSession(writer: Writer, session: NewSession): Promise<void> {
  await writer.run('DELETE FROM sessions WHERE expires_at <= $1', session.createdAt);
  await writer.run(
    'INSERT INTO sessions (token_sha256, user_name, created_at, expires_at) VALUES ($1, $2, $3, $4)',
    session.tokenSha256,
    session.user,
    session.createdAt,
    session.expiresAt,
  );
}

/** The user of a session; the scopes are text (auth/scope.ts). */
export type SessionUser = { readonly name: string; readonly scopes: string };

/** Returns the user of a session, null if it does not exist, has expired, or its user was removed. */
export function sessionUser(reader: Reader, tokenSha256: Uint8Array, now: string): Promise<SessionUser | null> {
  return reader.get<SessionUser>(
    `SELECT users.name, users.scopes FROM sessions JOIN users ON users.name = sessions.user_name
     WHERE sessions.token_sha256 = $1 AND sessions.expires_at > $2`,
    tokenSha256,
    now,
  );
}

/** Ends a session. Returns false if there is none. */
export async function deleteSession(writer: Writer, tokenSha256: Uint8Array): Promise<boolean> {
  return (await writer.run('DELETE FROM sessions WHERE token_sha256 = $1', tokenSha256)) > 0;
}

/** Ends every session of a user. */
export async function deleteSessionsOf(writer: Writer, user: string): Promise<void> {
  await writer.run('DELETE FROM sessions WHERE user_name = $1', user);
}
