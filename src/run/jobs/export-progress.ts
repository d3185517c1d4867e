import type { HistoryPart, HistoryPlan } from '../../history/source.ts';
import { shortDuration } from '../../lib/duration.ts';
import { canShowStatus, showStatus } from '../../lib/status-line.ts';

/** Milliseconds between two updates of the line. */
const interval = 200;

/** Returns a function that shows the progress of an export in one line. */
export function exportProgress({
  parts,
  unit,
}: Pick<HistoryPlan, 'unit'> & { readonly parts: readonly Pick<HistoryPart, 'label'>[] }): (
  done: number,
  stored: number,
  rows: number,
) => void {
  const started = performance.now();
  let shown = Number.NEGATIVE_INFINITY;
  return (done, stored, rows) => {
    const now = performance.now();
    if (now - shown < interval || !canShowStatus()) return;
    shown = now;
    const label = parts[done]?.label ?? '';
    showStatus(exportLine({ label, unit, done, parts: parts.length, stored, rows, elapsed: now - started }));
  };
}

/** Formats `2026-11-20, day 12 of 365: 34,567 lines; 1,234 jobs stored, 3m20s to go`. */
export function exportLine(at: {
  /** The part that is read now, and what a part is. */
  readonly label: string;
  readonly unit: string;
  readonly done: number;
  readonly parts: number;
  readonly stored: number;
  readonly rows: number;
  /** In milliseconds. */
  readonly elapsed: number;
}): string {
  const { label, unit, done, parts, stored, rows, elapsed } = at;
  const left = done === 0 ? '' : `, ${shortDuration((elapsed / done) * (parts - done))} to go`;
  return `${label}, ${unit} ${done + 1} of ${parts}: ${rows.toLocaleString('en')} lines; ${stored.toLocaleString('en')} jobs stored${left}`;
}
