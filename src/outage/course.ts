import type { System } from '../config/system.ts';
import type { Reading } from './hysteresis.ts';
import { type Outage, outageOf } from './outage.ts';
import type { KnownOutage } from './row.ts';

/** What a snapshot says of a thing, and when it was taken. */
export type Dated = { readonly at: Date; readonly reading: Reading };

/** The first that is bad; undefined where none is. */
export function firstBad(readings: readonly Dated[]): number | undefined {
  return readings.find(({ reading }) => reading === 'bad')?.at.getTime();
}

/** What is known of it; `start` is its first bad snapshot. */
type Beginning = { title: string; severity: string; component: string; start: Date; now: Date };

/** A detected outage as it is reported first. */
export function begun(
  { title, severity, component, start, now }: Beginning,
  { system_name, outage_rules }: System,
  detected: { name: string; affected: string[] },
): Outage {
  const { bad, snapshots } = outage_rules;
  return outageOf({
    system_name,
    title,
    severity,
    status: 'investigating',
    component: [...component].slice(0, 128).join(''),
    description: `Detected by hpc-collector: so in at least ${bad} of the last ${snapshots} snapshots.`,
    start_time: start.toISOString(),
    outage_key: Bun.randomUUIDv7(),
    outage_reported_at: now.toISOString(),
    outage_rule: detected,
  });
}

/** It was over with the first snapshot behind the last bad one. */
export function ended(
  outage: KnownOutage,
  readings: readonly { readonly readings: readonly Dated[] }[],
  now: Date,
): Outage {
  const all = readings.flatMap(({ readings: dated }) => dated);
  const lastBad = Math.max(...all.filter(({ reading }) => reading === 'bad').map(({ at }) => at.getTime()));
  const after = all.filter(({ at }) => at.getTime() > lastBad).map(({ at }) => at.getTime());
  const end = Math.max(outage.start_time.getTime(), Math.min(now.getTime(), ...after));
  return said({ ...outage, status: 'resolved', end_time: new Date(end) }, now);
}

/** What is said of an outage now, without what became of the reports before. */
export function said({ ids: _, isOneRow: __, ...outage }: KnownOutage, now: Date): Outage {
  // A clock that was turned back must not make it older than what was said before.
  const at = Math.max(now.getTime(), outage.outage_reported_at.getTime() + 1);
  return { ...outage, outage_reported_at: new Date(at) };
}
