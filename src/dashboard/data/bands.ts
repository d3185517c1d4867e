import type { Band } from '../chart/spec.ts';
import { stateOfSeverity } from '../components/state.tsx';
import { now, parseTime } from '../format/times.ts';
import { endOf } from './outages.ts';
import type { Coverage, Outage } from './status.ts';

/** Returns what the charts of a history mark: outages, steps without snapshots, and steps with failed probes. */
export function bandsOf(history: Coverage, outages: readonly Outage[]): Band[] {
  const from = parseTime(history.from) ?? 0;
  const to = parseTime(history.to) ?? 0;
  return [
    ...stretches(history, (index) => history.snapshots[index] === 0 && startOf(history, index) <= now.value).map(
      (stretch): Band => ({ ...stretch, kind: 'unknown', label: 'No snapshots' }),
    ),
    ...Object.entries(history.failed_probes).flatMap(([probe, counts]) =>
      stretches(history, (index) => (counts[index] ?? 0) > 0).map(
        (stretch): Band => ({ ...stretch, kind: 'unknown', label: `Probe ${probe} failed` }),
      ),
    ),
    ...outages.flatMap((outage): Band[] => {
      const start = Math.max(from, parseTime(outage.start_time) ?? from);
      const end = Math.min(to, endOf(outage));
      if (start >= end) return [];
      const state = stateOfSeverity(outage.severity);
      return [
        {
          from: start,
          to: end,
          kind: state === 'up' ? 'degraded' : state,
          label: `${outage.severity}: ${outage.title}`,
        },
      ];
    }),
  ];
}

function startOf({ from, step }: Coverage, index: number): number {
  return (parseTime(from) ?? 0) + index * step * 1000;
}

/** Returns the longest runs of steps for which a condition holds. */
function stretches(history: Coverage, holds: (index: number) => boolean): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  let begun: number | null = null;
  for (let index = 0; index <= history.snapshots.length; index++) {
    const isIn = index < history.snapshots.length && holds(index);
    if (isIn && begun === null) begun = index;
    if (!isIn && begun !== null) {
      found.push({ from: startOf(history, begun), to: startOf(history, index) });
      begun = null;
    }
  }
  return found;
}
