import { RequestProblem } from '../http/problem.ts';

/** Slows down the guessing of passwords. */
export type Throttle = {
  /** @throws RequestProblem 429 with `Retry-After` if the user or the address had too many failed logins */
  check(user: string, address: string): void;
  failed(user: string, address: string): void;
  /** Forgets the failures of the user. */
  succeeded(user: string): void;
};

type Failures = { count: number; lastAt: number };

/** The failures after which a client need not wait. */
const freeFailures = 10;
const longestWaitMs = 60_000;
/** Failures that are older than this no longer count. */
const forgottenAfterMs = 15 * 60_000;
/** At this number, the oldest entries are dropped, so that many addresses take no memory. */
const maxEntries = 10_000;

/**
 * Returns a throttle. Each failure of a user or an address after the tenth makes both wait for twice as long as before,
 * from 1 to 60 seconds. A login that succeeded in this process is not checked (authentication.ts), so that a stranger
 * cannot lock out a collector.
 * @param now the time in milliseconds
 */
export function createThrottle(now: () => number = Date.now): Throttle {
  const entries = new Map<string, Failures>();

  function waitMs(key: string): number {
    const found = entries.get(key);
    if (!found || found.count < freeFailures) return 0;
    const wait = Math.min(longestWaitMs, 1000 * 2 ** (found.count - freeFailures));
    return Math.max(0, found.lastAt + wait - now());
  }

  function add(key: string): void {
    const before = entries.get(key);
    const isOld = !before || now() - before.lastAt > forgottenAfterMs;
    // Deleted first, so that the map stays in the order of the last failures.
    entries.delete(key);
    entries.set(key, { count: isOld ? 1 : before.count + 1, lastAt: now() });
    const [oldest] = entries.keys();
    if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
  }

  return {
    check(user, address) {
      const wait = Math.max(waitMs(userKey(user)), waitMs(addressKey(address)));
      if (wait === 0) return;
      const seconds = Math.ceil(wait / 1000);
      throw new RequestProblem(429, `Too many failed logins: try again in ${seconds} s`, {
        'Retry-After': String(seconds),
      });
    },
    failed(user, address) {
      add(userKey(user));
      add(addressKey(address));
    },
    succeeded(user) {
      entries.delete(userKey(user));
    },
  };
}

function userKey(user: string): string {
  return `user ${user}`;
}

/** One client has a whole /64 of IPv6 addresses. */
function addressKey(address: string): string {
  const network =
    address.includes(':') && !address.includes('.') ? address.split('::')[0]?.split(':').slice(0, 4) : null;
  return `address ${network ? network.join(':') : address}`;
}
