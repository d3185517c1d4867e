import { RequestProblem } from '../http/problem.ts';
import { permits, type Scope, scopesText } from './scope.ts';

/** The holder of a login or key. */
export type Account = {
  /** The name of the user or key, for the log and for `received_from`. */
  readonly name: string;
  readonly kind: 'user' | 'key';
  readonly scopes: readonly Scope[];
};

/**
 * Returns the name of a person who has jobs on a system as a client may see it: the name itself, a pseudonym, or null if
 * the client must see neither. A user always sees the own name. The same name gives the same pseudonym. Every handler whose answer names such people
 * passes each name through this function. To filter by name, compare what it returns with what the client sent.
 */
export type ShownName = (name: string) => string | null;

/** Returns the names of users as a client may see them, or of projects: a project code is not the name of a person. */
export function shownNameBy(by: 'user' | 'project', shownName: ShownName): ShownName {
  return by === 'user' ? shownName : (name) => name;
}

/** A client that may read. */
export type ReadingClient = {
  /** Null if the client may read without a login. */
  readonly account: Account | null;
  /** True if `shownName` returns names or pseudonyms, false if it returns null for all but the user of the client. */
  readonly seesNames: boolean;
  readonly shownName: ShownName;
};

/**
 * Returns the problem of a request without credentials, in the words of the SAM API. A script of a page gets no
 * challenge: the browser would open its own login window over the page's form. Fetch Metadata tells it from programs.
 */
export function loginRequired(headers: Headers): RequestProblem {
  const isScript = headers.get('sec-fetch-dest') === 'empty';
  const challenge = { 'WWW-Authenticate': 'Basic realm="SAM API"' };
  return new RequestProblem(401, 'Authentication required', isScript ? {} : challenge);
}

/**
 * Returns the name of the user whose jobs alone a client may see; null if it may see all.
 * @throws RequestProblem 401 or 403 for a client that may see no job
 */
export function ownNameOnly({ seesNames, account }: ReadingClient, headers: Headers): string | null {
  if (seesNames) return null;
  if (account === null) throw loginRequired(headers);
  if (account.kind !== 'user') requireScope(account, 'read:names');
  return account.name;
}

/** @throws RequestProblem 403 that says which scope is missing */
export function requireScope(account: Account, needed: Scope): void {
  if (permits(account.scopes, needed)) return;
  throw new RequestProblem(
    403,
    `${account.kind === 'key' ? 'API key' : 'User'} ${account.name} lacks the scope ${needed}; it has ${scopesText(account.scopes)}`,
  );
}
