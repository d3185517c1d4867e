import { randomBytes } from 'node:crypto';
import type { Client } from '../http/client.ts';
import type { Store } from '../store/port.ts';
import { deleteSession, insertSession, sessionUser } from '../store/sessions.ts';
import { timestampOf } from '../timestamp.ts';
import type { Account } from './caller.ts';
import { hashOf } from './keys.ts';
import { scopesOf } from './scope.ts';

/** The sessions of browsers, which send a random token in a cookie. The database has its hash only. */
export type Sessions = {
  /** Begins a session of a user. Returns the `Set-Cookie` header and the time at which the session ends. */
  begin(user: string, client: Client): Promise<{ readonly cookie: string; readonly expiresAt: Date }>;
  /** Returns the user of the session that a request has; null without a session, or if it has ended. */
  holder(headers: Headers): Promise<Account | null>;
  /** Ends the session that a request has. Returns the `Set-Cookie` header that removes the cookie. */
  end(headers: Headers, client: Client): Promise<string>;
};

const lifeSeconds = 7 * 24 * 3600;
/** Other programs on the host name of the receiver may use `session`. */
const cookieName = 'hpc-collector-session';

/** Returns the sessions in a store, which all receivers on the database share. */
export function createSessions(store: Store): Sessions {
  return {
    async begin(user, client) {
      const token = randomBytes(32).toString('base64url');
      const now = Date.now();
      const expiresAt = new Date(now + lifeSeconds * 1000);
      const session = {
        tokenSha256: hashOf(token),
        user,
        createdAt: timestampOf(new Date(now)),
        expiresAt: timestampOf(expiresAt),
      };
      await store.transaction((writer) => insertSession(writer, session));
      return { cookie: cookie(token, lifeSeconds, client), expiresAt };
    },
    async holder(headers) {
      const token = tokenIn(headers);
      const user = token && (await sessionUser(store, hashOf(token), timestampOf(new Date())));
      return user ? { name: user.name, kind: 'user', scopes: scopesOf(user.scopes) } : null;
    },
    async end(headers, client) {
      const token = tokenIn(headers);
      if (token !== null) await store.transaction((writer) => deleteSession(writer, hashOf(token)));
      return cookie('', 0, client);
    },
  };
}

function cookie(value: string, maxAge: number, { origin, prefix }: Client): string {
  const secure = origin.startsWith('https:') ? ['Secure'] : [];
  const attributes = [`Max-Age=${maxAge}`, `Path=${prefix || '/'}`, 'HttpOnly', 'SameSite=Lax', ...secure];
  return [`${cookieName}=${value}`, ...attributes].join('; ');
}

function tokenIn(headers: Headers): string | null {
  const pairs = (headers.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  const found = pairs.find((pair) => pair.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1);
  return found !== undefined && /^[\w-]{43}$/.test(found) ? found : null;
}
