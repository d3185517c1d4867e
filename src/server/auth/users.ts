import { randomBytes } from 'node:crypto';
import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { type Location, withStore } from '../store/open.ts';
import { deleteSessionsOf } from '../store/sessions.ts';
import { allUsers, countUsers, credentialsOf, deleteUser, storeUser } from '../store/users.ts';
import { timestampOf } from '../timestamp.ts';
import { type Scope, scopesOf, scopesText, userScopes } from './scope.ts';

/** OWASP's minimum for argon2id: 19 MiB, two passes. A verification takes some tens of milliseconds. */
const argon2id = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const;

/** The result of `addUser`. */
export type AddedUser = {
  /** The generated password, to be shown once; null if the caller gave one. */
  readonly password: string | null;
  /** True if the user existed. The old password is void at once. */
  readonly replaced: boolean;
};

/** A user as listed, without the password. `changedAt` is when the password was set, as naive UTC text. */
export type ListedUser = { readonly name: string; readonly scopes: readonly Scope[]; readonly changedAt: string };

/**
 * Adds a user to the receiver's database, or changes the password of an existing user. A running receiver accepts it
 * from the next request on.
 * @param password null to generate one
 * @param scopes null for those that the user has, and for `userScopes` if the user is new
 * @throws OperatorError for a name or password that HTTP Basic cannot carry, or if the database cannot be opened
 */
export async function addUser(
  location: Location,
  name: string,
  password: string | null,
  scopes: readonly Scope[] | null = null,
): Promise<AddedUser> {
  refuseBadName(name);
  if (password !== null) refuseBadPassword(password);
  const made = password === null ? randomBytes(24).toString('base64url') : null;
  const passwordHash = await hashPassword(password ?? made ?? '');
  const now = timestampOf(new Date());
  const replaced = await withStore(location, (store) =>
    store.transaction(async (writer) => {
      const before = await credentialsOf(writer, name);
      const text = scopes ? scopesText(scopes) : (before?.scopes ?? scopesText(userScopes));
      // Whoever knew the old password may have a session.
      await deleteSessionsOf(writer, name);
      await storeUser(writer, { name, passwordHash, scopes: text, changedAt: now });
      return before !== null;
    }),
  );
  return { password: made, replaced };
}

/**
 * Changes the password of a user, and ends the user's sessions. Returns the generated password as `addUser`.
 * @throws OperatorError as `addUser`, or if there is no such user
 */
export async function changePassword(
  location: Location,
  name: string,
  password: string | null,
): Promise<string | null> {
  const known = await withStore(location, (store) => credentialsOf(store, name));
  if (!known) throw unknownUser(name);
  return (await addUser(location, name, password)).password;
}

/**
 * Returns the number of users in a receiver's database, which is made if it does not exist.
 * @throws OperatorError if the database cannot be opened
 */
export function usersIn(location: Location): Promise<number> {
  return withStore(location, countUsers);
}

/**
 * Returns the users of a receiver's database by name.
 * @throws OperatorError if the database cannot be opened
 */
export async function listUsers(location: Location): Promise<ListedUser[]> {
  const users = await withStore(location, allUsers);
  return users.map((user) => ({ ...user, scopes: scopesOf(user.scopes) }));
}

/**
 * Removes a user. A running receiver refuses it from the next request on.
 * @throws OperatorError if there is no such user, or if the database cannot be opened
 */
export async function removeUser(location: Location, name: string): Promise<void> {
  const removed = await withStore(location, (store) =>
    store.transaction(async (writer) => {
      await deleteSessionsOf(writer, name);
      return deleteUser(writer, name);
    }),
  );
  if (!removed) throw unknownUser(name);
}

function unknownUser(name: string): OperatorError {
  return new OperatorError(`there is no user '${printable(name, 80)}': hpc-collector serve user ls lists them`);
}

/** Returns the argon2id hash of a password, with its salt and parameters. */
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
  if (password === '') throw new OperatorError('The password is empty: give one, or omit the option to generate one.');
  if (Buffer.byteLength(password) > 1024)
    throw new OperatorError('The password is over 1024 bytes: give a shorter one.');
  if (/[\u0000-\u001f\u007f]/.test(password)) {
    throw new OperatorError('The password has control characters, perhaps a line break at its end: remove them.');
  }
}
