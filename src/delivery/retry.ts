import type { Attempt, Entry } from '../outbox/entry.ts';

/** Waits between the tries of one drain, in seconds: one attempt and three retries. */
export const retryDelays: readonly number[] = [1, 2, 4];

/** A `Retry-After` up to this many seconds is waited for; a longer one ends the stream's drain. */
export const longestWait = 30;

/** A `Retry-After` over this many seconds is taken for this many: a mistaken one must not stop a stream for days. */
export const longestRetryAfter = 3600;

/** A delay in seconds, up to a fifth shorter or longer, so that many collectors do not come back at once. */
export function withJitter(seconds: number): number {
  return seconds * (0.8 + 0.4 * Math.random());
}

/** How long a stream rests after so many drains in a row found its destination unavailable: 1 minute doubling to 15. */
export function restSeconds(failedDrains: number): number {
  return Math.min(15 * 60, 60 * 2 ** Math.min(10, failedDrains));
}

/**
 * True if an attempt failed as the last one of its entry did: with a server error again, with the same status, or without
 * an answer for the same reason. Failures that are not alike say that the destination changes, not that the entry is bad.
 */
export function failsAlike(entry: Entry, { status, detail }: Attempt): boolean {
  if (status === null || entry.lastStatus === null) return status === entry.lastStatus && detail === entry.lastError;
  return status === entry.lastStatus || (status >= 500 && entry.lastStatus >= 500);
}
