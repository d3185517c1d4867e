import { longestRest } from '../lib/time.ts';
import type { Attempt, Entry } from '../outbox/entry.ts';

/** Waits before the three retries of a drain, in seconds. */
export const retryDelays: readonly number[] = [1, 2, 4];

/** The longest `Retry-After` in seconds that a drain waits for; a longer one ends the drain of the stream. */
export const longestWait = 30;

/** The longest rest by `Retry-After` in seconds: a mistaken value must not stop a stream for days. */
export const longestRetryAfter = longestRest / 1000;

/** Returns a delay in seconds, up to a fifth shorter or longer, so that many collectors do not retry at once. */
export function withJitter(seconds: number): number {
  return seconds * (0.8 + 0.4 * Math.random());
}

/** Returns the rest of a stream in seconds after so many consecutive failed drains: 1 minute, doubled up to 15. */
export function restSeconds(failedDrains: number): number {
  return Math.min(15 * 60, 60 * 2 ** Math.min(10, failedDrains));
}

/**
 * True if an attempt failed as the last one of its entry did: with a server error again, with the same status, or
 * without an answer for the same reason. Failures that are not alike say that the destination changes, not that the
 * entry is bad.
 */
export function failsAlike(entry: Entry, { status, detail }: Attempt): boolean {
  if (status === null || entry.lastStatus === null) return status === entry.lastStatus && detail === entry.lastError;
  return status === entry.lastStatus || (status >= 500 && entry.lastStatus >= 500);
}
