import { shortDuration } from '../lib/duration.ts';
import { showStatus } from '../lib/status-line.ts';

export type Done = { readonly delivered: number; readonly rejected: number };

/** Milliseconds between two updates of the line. */
const interval = 200;

/** Returns a function that shows the progress of a drain in one line; `left` counts pending entries. */
export function showProgress(left: () => number, now: () => number = () => performance.now()): (done: Done) => void {
  const started = now();
  let shown = Number.NEGATIVE_INFINITY;
  return (done) => {
    if (now() - shown < interval) return;
    shown = now();
    showStatus(progressLine(done, left(), shown - started));
  };
}

/** Formats `120 delivered, 2 rejected, 380 left, 60/min, 6m20s to go`. */
export function progressLine({ delivered, rejected }: Done, left: number, elapsed: number): string {
  const rate = (delivered + rejected) / Math.max(elapsed, 1);
  const perMinute = rate * 60_000;
  return [
    `${delivered} delivered`,
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
    `${left} left`,
    `${perMinute < 10 ? perMinute.toFixed(1) : Math.round(perMinute)}/min`,
    ...(rate > 0 && left > 0 ? [`${shortDuration(left / rate)} to go`] : []),
  ].join(', ');
}
