import { shortDuration } from '../../lib/duration.ts';
import { canShowStatus, showStatus } from '../../lib/status-line.ts';
import type { Window } from '../../slurm/sacct.ts';

/** Milliseconds between two updates of the line. */
const interval = 200;

/** Returns a function that shows the progress of an export in one line. */
export function exportProgress(windows: number): (done: number, window: Window, stored: number, rows: number) => void {
  const started = performance.now();
  let shown = Number.NEGATIVE_INFINITY;
  return (done, window, stored, rows) => {
    const now = performance.now();
    if (now - shown < interval || !canShowStatus()) return;
    shown = now;
    showStatus(exportLine({ done, windows, window, stored, rows, elapsed: now - started }));
  };
}

/** Formats `2026-11-20, day 12 of 365: 34,567 lines; 1,234 jobs stored, 3m20s to go`. */
export function exportLine(at: {
  readonly done: number;
  readonly windows: number;
  readonly window: Window;
  readonly stored: number;
  readonly rows: number;
  /** In milliseconds. */
  readonly elapsed: number;
}): string {
  const { done, windows, window, stored, rows, elapsed } = at;
  const left = done === 0 ? '' : `, ${shortDuration((elapsed / done) * (windows - done))} to go`;
  const day = window.from.toISOString().slice(0, 10);
  return `${day}, day ${done + 1} of ${windows}: ${rows.toLocaleString('en')} lines; ${stored.toLocaleString('en')} jobs stored${left}`;
}
