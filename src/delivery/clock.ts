import { setTimeout as sleep } from 'node:timers/promises';

/** A monotonic clock for the waits and the time budget of a drain, because the system clock can jump. */
export type Clock = {
  /** Milliseconds since an arbitrary time; never goes back. */
  now(): number;
  /** Waits; returns false if the signal ended the wait early. */
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
