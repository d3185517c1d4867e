import { setTimeout as sleep } from 'node:timers/promises';

/** What a drain measures its waits and its budget by: the computer's own clock may jump. */
export type Clock = {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Waits; false where the signal ended it early. */
  wait(milliseconds: number, signal: AbortSignal): Promise<boolean>;
};

export const realClock: Clock = {
  now: () => performance.now(),
  async wait(milliseconds, signal) {
    if (signal.aborted) return false;
    if (milliseconds <= 0) return true;
    try {
      await sleep(milliseconds, undefined, { signal });
      return true;
    } catch {
      return false;
    }
  },
};
