import type { Database } from 'bun:sqlite';
import { createHmac, randomBytes } from 'node:crypto';
import { RequestProblem } from './problem.ts';
import { hashPassword } from './users.ts';

/** Says who sent a request, by HTTP Basic. */
export type Authenticator = {
  /**
   * Returns the user's name.
   * @throws RequestProblem 401 in the words of the SAM API; 503 when too many are guessing at once
   */
  authenticate(headers: Headers): Promise<string>;
};

/** More users than any receiver has; old passwords' entries go when it is reached. */
const maxRemembered = 1000;
/** argon2id takes 19 MiB and a core each. */
const maxAtOnce = 2;
const maxWaiting = 24;

/** Reads users from `database` with every request, so that a changed password counts at once. */
export function createAuthenticator(database: Database): Authenticator {
  const processKey = randomBytes(32);
  // Successes only, and only their keyed hash: argon2id at each request would make a drain CPU-bound.
  const remembered = new Set<string>();
  const running = new Map<string, Promise<boolean>>();
  const slots = createSlots(maxAtOnce, maxWaiting);
  const decoy = hashPassword(randomBytes(16).toString('hex'));

  async function verify(password: string, hash: string, key: string): Promise<boolean> {
    // A burst of the same credentials is one verification.
    const same = running.get(key);
    if (same) return same;
    const verification = slots(() => Bun.password.verify(password, hash));
    running.set(key, verification);
    try {
      return await verification;
    } finally {
      running.delete(key);
    }
  }

  return {
    async authenticate(headers) {
      const credentials = basicCredentials(headers.get('authorization'));
      if (!credentials) {
        throw new RequestProblem(401, 'Authentication required', { 'WWW-Authenticate': 'Basic realm="SAM API"' });
      }
      const { user, password } = credentials;
      const stored = database
        .query<{ password_hash: string }, [string]>('SELECT password_hash FROM users WHERE name = ?')
        .get(user)?.password_hash;
      // The hash is part of the key: a new password voids what was remembered.
      const key = createHmac('sha256', processKey)
        .update(JSON.stringify([user, stored ?? null, password]))
        .digest('base64');
      if (stored !== undefined && remembered.has(key)) return user;
      // An unknown user costs what a wrong password costs, or the time would tell which names exist.
      const right = await verify(password, stored ?? (await decoy), key);
      if (!right || stored === undefined) throw new RequestProblem(401, 'Invalid credentials');
      if (remembered.size >= maxRemembered) remembered.clear();
      remembered.add(key);
      return user;
    },
  };
}

function basicCredentials(header: string | null): { user: string; password: string } | null {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '')?.[1];
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

/** Runs at most `atOnce` of what it is given side by side; refuses what would wait behind `waitingMost` others. */
function createSlots(atOnce: number, waitingMost: number) {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return async <Value>(work: () => Promise<Value>): Promise<Value> => {
    if (busy >= atOnce) {
      if (waiting.length >= waitingMost) {
        throw new RequestProblem(503, 'Too many logins at once', { 'Retry-After': '5' });
      }
      // Who ends hands its slot over, so `busy` stays as it is.
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
