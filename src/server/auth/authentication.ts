import { createHmac, randomBytes } from 'node:crypto';
import { RequestProblem } from '../http/problem.ts';
import type { Reader } from '../store/port.ts';
import { credentialsOf } from '../store/users.ts';
import { type Account, loginRequired } from './caller.ts';
import type { KeyRing } from './key-ring.ts';
import { scopesOf } from './scope.ts';
import { createThrottle } from './throttle.ts';
import { hashPassword } from './users.ts';

/**
 * Identifies users by name and password. Both functions throw RequestProblem: 401 in the words of the SAM API, 429 after
 * too many failed logins, or 503 if too many passwords are being verified. `address` is the IP address of the client.
 */
export type Authenticator = {
  /** Returns the user or the key that HTTP Basic names. `authorization` is the header of that name. */
  authenticate(authorization: string, address: string): Promise<Account>;
  /** Returns the user with a name and password. */
  login(user: string, password: string, address: string): Promise<Account>;
};

/** The most remembered logins: more than a receiver has users. At this number all are dropped, with those of old passwords. */
const maxRemembered = 1000;
/** Each verification by argon2id takes 19 MiB and a core. */
const maxAtOnce = 2;
const maxWaiting = 24;

/** Returns an authenticator that reads the users of the store at every request, so that a new password counts at once. */
export function createAuthenticator(reader: Reader, keyRing: KeyRing): Authenticator {
  const processKey = randomBytes(32);
  // Keyed hashes of successful logins only. Without them, argon2id at each request would make a drain CPU-bound.
  const remembered = new Set<string>();
  const running = new Map<string, Promise<boolean>>();
  const throttle = createThrottle();
  const slots = createSlots(maxAtOnce, maxWaiting);
  const decoy = hashPassword(randomBytes(16).toString('hex'));

  /** @param check runs now and again before the verification: others that wait before it may fail */
  async function verify(password: string, hash: string, key: string, check: () => void): Promise<boolean> {
    // Verify the same credentials once, even if many requests bring them together.
    const same = running.get(key);
    if (same) return same;
    check();
    const verification = slots(async () => {
      check();
      return await Bun.password.verify(password, hash);
    });
    running.set(key, verification);
    try {
      return await verification;
    } finally {
      running.delete(key);
    }
  }

  async function login(user: string, password: string, address: string): Promise<Account> {
    const known = await credentialsOf(reader, user);
    const stored = known?.passwordHash ?? null;
    // The hash is part of the key, so that a new password voids the remembered login.
    const key = createHmac('sha256', processKey)
      .update(JSON.stringify([user, stored, password]))
      .digest('base64');
    const account = (scopes: string): Account => ({ name: user, kind: 'user', scopes: scopesOf(scopes) });
    if (known && remembered.has(key)) return account(known.scopes);
    // Verify a decoy for an unknown user, so that the time does not reveal which names exist.
    const isRight = await verify(password, stored ?? (await decoy), key, () => throttle.check(user, address));
    if (!isRight || !known) {
      throttle.failed(user, address);
      throw new RequestProblem(401, 'Invalid credentials');
    }
    throttle.succeeded(user);
    if (remembered.size >= maxRemembered) remembered.clear();
    remembered.add(key);
    return account(known.scopes);
  }

  return {
    login,
    async authenticate(authorization, address) {
      const credentials = basicCredentials(authorization);
      if (!credentials) throw loginRequired(new Headers());
      const { user, password } = credentials;
      // The SAM API sends its keys by HTTP Basic.
      return (await keyRing.named(user, password)) ?? (await login(user, password, address));
    },
  };
}

function basicCredentials(header: string): { user: string; password: string } | null {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  let decoded: string;
  try {
    decoded = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    return null;
  }
  const colon = decoded.indexOf(':');
  const [user, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)];
  return colon > 0 && password !== '' ? { user, password } : null;
}

/** Returns a function that runs at most `atOnce` tasks in parallel, and refuses a task if `waitingMost` others wait. */
function createSlots(atOnce: number, waitingMost: number) {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return async <Value>(work: () => Promise<Value>): Promise<Value> => {
    if (busy >= atOnce) {
      if (waiting.length >= waitingMost) {
        throw new RequestProblem(503, 'Too many logins at once', { 'Retry-After': '5' });
      }
      // A task that ends hands its slot over, so `busy` does not change.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      busy += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else busy -= 1;
    }
  };
}
