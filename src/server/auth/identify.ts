import { isWrite } from '../http/origin.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import type { Authenticator } from './authentication.ts';
import type { Account } from './caller.ts';
import { type KeyRing, looksLikeKey } from './key-ring.ts';
import type { Sessions } from './sessions.ts';

/**
 * Returns the holder of the credentials of a request, null if it has none. Credentials are an API key in `X-API-Key` or
 * as a bearer token (RFC 6750); HTTP Basic with a user and password, or with the name of an API key and the key; or the
 * cookie of a session, which counts as none if the session has ended.
 * @throws RequestProblem 401 if they are wrong, so that wrong credentials never count as none; 403 for a write with a
 *   cookie that does not say from which page; 429 after too many failed logins, or over the rate of the key
 */
export type Identify = (call: Pick<Call, 'request' | 'client'>) => Promise<Account | null>;

/** Returns the function that identifies the callers of a receiver. */
export function createIdentify(authenticator: Authenticator, keyRing: KeyRing, sessions: Sessions): Identify {
  return async ({ request, client }) => {
    const { headers } = request;
    const key = headers.get('x-api-key');
    if (key !== null) return (await keyRing.holder(key.trim())) ?? refuseKey();
    const authorization = headers.get('authorization');
    if (authorization === null) return await sessionHolder(request);
    const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (token !== undefined && looksLikeKey(token)) return (await keyRing.holder(token)) ?? refuseKey();
    return authenticator.authenticate(authorization, client.address);
  };

  async function sessionHolder(request: Request): Promise<Account | null> {
    const account = await sessions.holder(request.headers);
    if (account === null || !isWrite(request) || request.headers.has('origin')) return account;
    throw new RequestProblem(403, 'A write with a session needs the header Origin');
  }
}

function refuseKey(): never {
  throw new RequestProblem(401, 'Invalid API Key');
}
