import { RequestProblem } from '../http/problem.ts';

/** Limits the requests of each key. */
export type RateLimit = {
  /** @throws RequestProblem 429 with `Retry-After` if the key had `perMinute` requests in the last minute */
  take(key: string, perMinute: number): void;
};

const tolerance = 1e-6;

/** The requests a minute of a key that has no other limit. */
export const defaultPerMinute = 3000;

/**
 * Returns a limit for this process: a token bucket for each key, which fills in a minute.
 * @param now the time in milliseconds
 */
export function createRateLimit(now: () => number = Date.now): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(key, perMinute) {
      const at = now();
      const before = buckets.get(key) ?? { tokens: perMinute, at };
      const tokens = Math.min(perMinute, before.tokens + (Math.max(0, at - before.at) * perMinute) / 60_000);
      // Sums of fractions are not exact: without the tolerance, a wait of 1 s would be 2 s.
      const isWhole = tokens >= 1 - tolerance;
      buckets.set(key, { tokens: isWhole ? tokens - 1 : tokens, at });
      if (isWhole) return;
      const seconds = Math.ceil(((1 - tolerance - tokens) * 60) / perMinute);
      throw new RequestProblem(429, `API key ${key} is over its limit of ${perMinute} requests a minute`, {
        'Retry-After': String(seconds),
      });
    },
  };
}
