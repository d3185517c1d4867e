import type { System } from '../config/system.ts';
import type { Executor } from '../exec/command.ts';
import type { Log } from '../lib/log.ts';
import { buildPayload, type RequiredProbe, requiredProbes, zeroFields } from '../snapshot/payload.ts';
import { type Validated, validate } from '../snapshot/validate.ts';
import { probeSystem } from './probe-system.ts';

/** A system's snapshot, or why there is none. `at` builds it for a moment, because two systems must not share one. */
export type Collected =
  | { readonly kind: 'collected'; readonly failedProbes: readonly string[]; at(moment: Date): Validated }
  | { readonly kind: 'nothing'; readonly reason: string };

/**
 * Collects one system: probes it, and fills in what the API requires of probes that failed as `on_failed_probe` says.
 * `lastKnown` gives the fields of a required probe from an earlier snapshot, null where there is none.
 */
export async function collect(
  system: System,
  executor: Executor,
  lastKnown: (probe: RequiredProbe) => Record<string, unknown> | null,
  log: Log,
): Promise<Collected> {
  log.info(`Collecting ${system.system_name}`);
  const { findings, failedProbes, everyProbeFailed } = await probeSystem(system, executor, log);
  if (everyProbeFailed) return { kind: 'nothing', reason: 'every probe failed' };

  const missing = requiredProbes.filter((probe) => findings[probe] === null);
  if (missing.length > 0 && system.on_failed_probe === 'skip') {
    return { kind: 'nothing', reason: `${missing.join(' and ')} failed and on_failed_probe is skip` };
  }
  let repeated: Record<string, unknown> = {};
  for (const probe of missing) {
    const known = system.on_failed_probe === 'last-known' ? lastKnown(probe) : null;
    log.warn(`${probe}: ${known ? 'repeating the last known values' : 'sending zeros'}`);
    repeated = { ...repeated, ...(known ?? zeroFields(probe, system)) };
  }
  return {
    kind: 'collected',
    failedProbes,
    at: (moment) => validate(buildPayload(system, findings, moment, repeated)),
  };
}
