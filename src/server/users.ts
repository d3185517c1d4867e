import { randomBytes } from 'node:crypto';
import { OperatorError } from '../lib/errors.ts';
import { openDatabase } from './database.ts';
import { timestampOf } from './timestamp.ts';

/** OWASP's minimum for argon2id: 19 MiB, two passes. A verification takes some tens of milliseconds. */
const argon2id = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const;

/** What `addUser` did. */
export type AddedUser = {
  /** The password that was made, to be shown once; null when the caller gave one. */
  readonly password: string | null;
  /** The user was there: the password is a new one, and the old one is void at once. */
  readonly replaced: boolean;
};

/**
 * Adds a user to the receiver's database, or gives one that is there another password; a running receiver sees it
 * with the next request. Without a password one is made.
 * @throws OperatorError for a name or password that HTTP Basic cannot carry, or when the database cannot be opened
 */
export async function addUser(databasePath: string, name: string, password: string | null): Promise<AddedUser> {
  refuseBadName(name);
  if (password !== null) refuseBadPassword(password);
  const made = password === null ? randomBytes(24).toString('base64url') : null;
  const hash = await hashPassword(password ?? made ?? '');
  const database = openDatabase(databasePath);
  try {
    const replaced = database.query('SELECT 1 FROM users WHERE name = ?').get(name) !== null;
    database
      .query(
        `INSERT INTO users (name, password_hash, changed_at) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, changed_at = excluded.changed_at`,
      )
      .run(name, hash, timestampOf(new Date()));
    return { password: made, replaced };
  } finally {
    database.close();
  }
}

/**
 * How many users a receiver's database knows; a new one is made, with none.
 * @throws OperatorError when the database cannot be opened
 */
export function countUsers(databasePath: string): number {
  const database = openDatabase(databasePath);
  try {
    return database.query<{ users: number }, []>('SELECT count(*) AS users FROM users').get()?.users ?? 0;
  } finally {
    database.close();
  }
}

/** A user who may send: the name, and when the password was set. */
export type KnownUser = { readonly name: string; readonly changedAt: string };

/** Returns the users of a receiver's database, by name. Throws OperatorError if the database cannot be opened. */
export function listUsers(databasePath: string): KnownUser[] {
  const database = openDatabase(databasePath);
  try {
    return database.query<KnownUser, []>('SELECT name, changed_at AS changedAt FROM users ORDER BY name').all();
  } finally {
    database.close();
  }
}

/**
 * Removes a user: a running receiver refuses the next request. Throws OperatorError if there is no such user, or if the
 * database cannot be opened.
 */
export function removeUser(databasePath: string, name: string): void {
  const database = openDatabase(databasePath);
  try {
    if (database.query('DELETE FROM users WHERE name = ?').run(name).changes === 1) return;
  } finally {
    database.close();
  }
  throw new OperatorError(`there is no user '${name}': hpc-collector serve user ls lists them`);
}

/** Takes a password, returns its argon2id hash with salt and parameters in it. */
export function hashPassword(password: string): Promise<string> {
  return Bun.password.hash(password, argon2id);
}

function refuseBadName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name)) return;
  throw new OperatorError(
    'A user name has 1 to 64 letters, digits, dots, underscores, at signs or hyphens, and begins with a letter or digit.',
  );
}

function refuseBadPassword(password: string): void {
  if (password === '') throw new OperatorError('The password is empty: give one, or none to have one made.');
  if (Buffer.byteLength(password) > 1024)
    throw new OperatorError('The password is over 1024 bytes: give a shorter one.');
  if (/[\u0000-\u001f\u007f]/.test(password)) {
    throw new OperatorError('The password has control characters, perhaps a line break at its end: give it without.');
  }
}
