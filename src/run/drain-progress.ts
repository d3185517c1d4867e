import type { DrainProgress } from '../delivery/drain.ts';
import { shortDuration } from '../lib/duration.ts';
import { showStatus } from '../lib/status-line.ts';

/** The progress of the drain of one destination. */
export type Part = DrainProgress & { readonly left: number; readonly maxPerMinute: number };

/** Milliseconds between two updates of the line after entries, and between two updates while nothing happens. */
const interval = 200;
const heartbeat = 1000;

/** The line that shows the progress of a drain. */
export type ProgressLine = {
  update(destination: string, own: DrainProgress, rest: () => Pick<Part, 'left' | 'maxPerMinute'>): void;
  stop(): void;
};

/** Shows the progress of a drain in one line, which is updated while the drain waits for its rate limit or an answer. */
export function showProgress(now: () => number = () => performance.now()): ProgressLine {
  const started = now();
  const parts = new Map<string, Part>();
  let updated = Number.NEGATIVE_INFINITY;
  const show = () => parts.size > 0 && showStatus(progressLine([...parts.values()], now() - started, now()));
  // The timer prints only values that are in memory. `update` reads the outbox; the drain handles the errors of that.
  const timer = setInterval(show, heartbeat);
  return {
    update(destination, own, rest) {
      // A wait is always shown: no other update may come for a minute.
      const isWaiting = own.next !== null && own.next.at > now();
      if (!isWaiting && parts.has(destination) && now() - updated < interval) return;
      updated = now();
      parts.set(destination, { ...own, ...rest() });
      show();
    },
    stop: () => clearInterval(timer),
  };
}

/** Formats `120 delivered, 2 rejected, 380 left, next sam/casper in 42s, about 6m20s to go`. */
export function progressLine(parts: readonly Part[], elapsed: number, now: number): string {
  const sum = (key: 'delivered' | 'rejected' | 'left') => parts.reduce((total, part) => total + part[key], 0);
  const next = parts.flatMap((part) => part.next ?? []).sort((one, other) => one.at - other.at)[0];
  const toGo = Math.max(0, ...parts.map((part) => remaining(part, elapsed, now)));
  return [
    `${sum('delivered')} delivered`,
    ...(sum('rejected') > 0 ? [`${sum('rejected')} rejected`] : []),
    `${sum('left')} left`,
    ...(next
      ? [next.at > now ? `next ${next.stream} in ${shortDuration(next.at - now)}` : `sending ${next.stream}`]
      : []),
    ...(toGo >= heartbeat ? [`about ${shortDuration(toGo)} to go`] : []),
  ].join(', ');
}

/**
 * Estimates how long a destination still needs, in milliseconds. The longer of two estimates counts: one from its rate
 * limit, which permits a burst each minute, and one from the speed so far.
 */
function remaining({ delivered, rejected, left, next, maxPerMinute }: Part, elapsed: number, now: number): number {
  if (left === 0) return 0;
  const paced = Math.max(0, (next?.at ?? now) - now) + Math.floor((left - 1) / maxPerMinute) * 60_000;
  const done = delivered + rejected;
  return Math.max(paced, done === 0 ? 0 : (left * elapsed) / done);
}
