import type { Call } from '../http/routing.ts';
import type { Authenticator } from './authentication.ts';
import type { Account } from './caller.ts';
import { type KeyRing, looksLikeKey } from './key-ring.ts';

/**
 * Returns the holder of the credentials of a request, null if it has none. Credentials are an API key in `X-API-Key` or
 * as a bearer token (RFC 6750), or HTTP Basic with a user and password, or with the name of an API key and the key.
 * @throws RequestProblem 401 if they are wrong, so that wrong credentials never count as none
 */
export type Identify = (call: Pick<Call, 'request' | 'client'>) => Promise<Account | null>;

/** Returns the function that identifies the callers of a receiver. */
export function createIdentify(authenticator: Authenticator, keyRing: KeyRing): Identify {
  return async ({ request: { headers } }) => {
    const key = headers.get('x-api-key');
    if (key !== null) return keyRing.holder(key);
    const authorization = headers.get('authorization');
    if (authorization === null) return null;
    const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (token !== undefined && looksLikeKey(token)) return keyRing.holder(token);
    return authenticator.authenticate(authorization);
  };
}
