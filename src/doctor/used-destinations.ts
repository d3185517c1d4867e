import type { Config } from '../config/config.ts';
import type { DestinationSettings } from '../config/destination-settings.ts';
import type { System } from '../config/system.ts';

/** The destinations to check, by name. */
export type UsedDestinations = readonly (readonly [name: string, settings: DestinationSettings])[];

/**
 * Returns the destinations that something is delivered to: those of the systems, and those of finished jobs that have an
 * address. Without systems, the default ones of snapshots are included if snapshots are collected.
 */
export function usedDestinations(config: Config, systems: readonly System[], collects: boolean): UsedDestinations {
  const { collector, destinations } = config;
  const ofSystems = new Set(systems.flatMap(({ deliver_to }) => deliver_to));
  const names = new Set([
    ...(ofSystems.size === 0 && collects ? collector.deliver_to : ofSystems),
    ...(collector.samples?.deliver_to ?? []),
    ...collector.jobs.deliver_to.filter((name) => (destinations.get(name)?.baseUrl ?? null) !== null),
  ]);
  return [...destinations].filter(([name]) => names.has(name));
}
