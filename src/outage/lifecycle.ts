import type { System } from '../config/system.ts';
import type { Measurement } from './hysteresis.ts';
import { type Outage, outageOf } from './outage.ts';
import type { KnownOutage } from './row.ts';

/** The reading of a thing in a snapshot, and the time of the snapshot. */
export type Dated = { readonly at: Date; readonly reading: Measurement };

/** Returns the time of the first bad reading in milliseconds; undefined if there is none. */
export function firstBad(readings: readonly Dated[]): number | undefined {
  return readings.find(({ reading }) => reading === 'bad')?.at.getTime();
}

/** The known facts of a new outage; `start` is its first bad snapshot. */
type Beginning = { title: string; severity: string; component: string; start: Date; now: Date };

/** Makes the first report of a detected outage. */
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
    description: `Detected by hpc-collector in at least ${bad} of the last ${snapshots} snapshots.`,
    start_time: start.toISOString(),
    outage_key: Bun.randomUUIDv7(),
    outage_reported_at: now.toISOString(),
    outage_rule: detected,
  });
}

/** Makes the last report: the outage ended with the first snapshot after the last bad one. */
export function ended(
  outage: KnownOutage,
  readings: readonly { readonly readings: readonly Dated[] }[],
  now: Date,
): Outage {
  const all = readings.flatMap(({ readings: dated }) => dated);
  const lastBad = Math.max(...all.filter(({ reading }) => reading === 'bad').map(({ at }) => at.getTime()));
  const after = all.filter(({ at }) => at.getTime() > lastBad).map(({ at }) => at.getTime());
  const end = Math.max(outage.start_time.getTime(), Math.min(now.getTime(), ...after));
  return newReport({ ...outage, status: 'resolved', end_time: new Date(end) }, now);
}

/** Makes a new report of an outage, without the answers to earlier ones. */
export function newReport({ answers: _, ...outage }: KnownOutage, now: Date): Outage {
  // A clock that was set back must not make this report older than the one before it.
  const at = Math.max(now.getTime(), outage.outage_reported_at.getTime() + 1);
  return { ...outage, outage_reported_at: new Date(at) };
}
