import type { System } from '../config/system.ts';
import type { Log } from '../lib/log.ts';
import type { Validated } from '../snapshot/validate.ts';
import type { Probing } from './observation.ts';
import { observe } from './observe.ts';

/** A system's snapshot, or why there is none. `at` builds it for a time, because two entries must not share one. */
export type Collected =
  | { readonly kind: 'collected'; readonly failedProbes: readonly string[]; at(time: Date): Validated }
  | { readonly kind: 'nothing'; readonly reason: string };

/** Returns fields of the payload from an earlier snapshot in which a probe did not fail; null if there is none. */
export type LastKnown = (probe: string, fields: readonly string[]) => Record<string, unknown> | null;

/**
 * Collects one system: runs its probes, and fills in the required fields of failed probes as `on_failed_probe` says.
 */
export async function collect(system: System, probing: Probing, lastKnown: LastKnown, log: Log): Promise<Collected> {
  log.info(`Collecting ${system.system_name}`);
  const observation = await observe(system, probing, log);
  if (observation === null) return { kind: 'nothing', reason: 'interrupted' };
  const { failedProbes, missing } = observation;
  if (observation.everyProbeFailed) return { kind: 'nothing', reason: 'every probe failed' };

  if (missing.length > 0 && system.on_failed_probe === 'skip') {
    const names = missing.map(({ probe }) => probe);
    return { kind: 'nothing', reason: `${names.join(' and ')} failed and on_failed_probe is skip` };
  }
  let repeated: Record<string, unknown> = {};
  for (const { probe, fields, zeros } of missing) {
    const known = system.on_failed_probe === 'last-known' ? lastKnown(probe, fields) : null;
    log.warn(`${probe}: ${known ? 'repeating the last known values' : 'sending zeros'}`);
    repeated = { ...repeated, ...(known ?? zeros) };
  }
  return { kind: 'collected', failedProbes, at: (time) => observation.snapshot(time, repeated) };
}
