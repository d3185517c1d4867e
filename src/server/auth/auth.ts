import type { Store } from '../store/port.ts';
import { type AccessRules, createAccessRules } from './access.ts';
import { type Authenticator, createAuthenticator } from './authentication.ts';
import { createIdentify } from './identify.ts';
import { createKeyRing } from './key-ring.ts';
import { createPseudonyms } from './pseudonyms.ts';
import { createSessions, type Sessions } from './sessions.ts';

/** The access rules of a receiver, and the logins of browsers. */
export type Auth = {
  readonly access: AccessRules;
  readonly authenticator: Authenticator;
  readonly sessions: Sessions;
};

/** The options of a receiver that concern its clients. */
export type AuthOptions = {
  /** Keys for sending to all systems and clusters that are not stored: those of `API_KEYS`. */
  readonly environmentKeys: readonly string[];
  /** True if everybody may read, without names of people. */
  readonly isPublic: boolean;
  /** True if pseudonyms are shown in the place of the names of people. */
  readonly anonymisesUsers: boolean;
};

/** Returns the access rules for the users and keys of a store. */
export async function createAuth(
  store: Store,
  { environmentKeys, isPublic, anonymisesUsers }: AuthOptions,
): Promise<Auth> {
  const keyRing = createKeyRing(store, environmentKeys);
  const authenticator = createAuthenticator(store, keyRing);
  const sessions = createSessions(store);
  const identify = createIdentify(authenticator, keyRing, sessions);
  const alias = anonymisesUsers ? await createPseudonyms(store) : (name: string) => name;
  return { access: createAccessRules({ identify, keyRing, isPublic, alias }), authenticator, sessions };
}
