import type { Outbox } from '../outbox/outbox.ts';
import type { Clock } from './clock.ts';

/** How long a count is used, in milliseconds: to count a long backlog for each request takes longer than to send it. */
const countedFor = 5000;

/**
 * Returns a function that counts the entries that are pending for a destination besides the one that is being sent.
 * `done` returns how many entries this drain has finished so far.
 */
export function waitingCount(outbox: Outbox, destination: string, clock: Clock, done: () => number): () => number {
  let count: { readonly at: number; readonly pending: number; readonly done: number } | null = null;
  return () => {
    if (count === null || clock.now() - count.at >= countedFor)
      count = { at: clock.now(), pending: outbox.countPending(null, destination), done: done() };
    return Math.max(0, count.pending - (done() - count.done) - 1);
  };
}
