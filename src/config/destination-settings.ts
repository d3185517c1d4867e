import type { CollectorSettings } from './collector.ts';
import type { DestinationKind } from './destinations.ts';
import { type IngestSettings, ingestAddress, ingestSettingsAt } from './ingest.ts';
import type { Environment } from './paths.ts';
import { type SamSettings, samAddress, samSettingsAt } from './sam.ts';

/** The settings of one destination; `kind` tells which. */
export type DestinationSettings = SamSettings | IngestSettings;

/** The settings of every destination by its name, and of the two that always exist. */
export type AllDestinations = {
  readonly sam: SamSettings;
  readonly ingest: IngestSettings;
  readonly destinations: ReadonlyMap<string, DestinationSettings>;
};

/** Returns the names of the destinations of a kind. */
export function destinationsOfKind(
  { destinations }: Pick<AllDestinations, 'destinations'>,
  kind: DestinationKind,
): readonly string[] {
  return [...destinations].flatMap(([name, settings]) => (settings.kind === kind ? [name] : []));
}

/** True if finished jobs have a destination with an address. */
export function exportsJobs({ collector, destinations }: AllDestinations & { collector: CollectorSettings }): boolean {
  return collector.jobs.deliver_to.some((name) => (destinations.get(name)?.baseUrl ?? null) !== null);
}

/** Returns the address of a destination; null if none is set. Throws OperatorError if it cannot be used. */
export function addressOfDestination(
  name: string,
  { destinations }: CollectorSettings,
  environment: Environment,
): string | null {
  const configured = destinations[name];
  if (configured === undefined) return null;
  return configured.kind === 'sam'
    ? samAddress(name, configured, environment)
    : ingestAddress(name, configured, environment);
}

/**
 * Returns the settings of all destinations. Throws OperatorError for an invalid setting, not for a missing one.
 * `addressOf` returns the address of one.
 */
export function allDestinations(
  collector: CollectorSettings,
  environment: Environment,
  addressOf = (name: string) => addressOfDestination(name, collector, environment),
): AllDestinations {
  const { sam: ownSam, ingest: ownIngest, ...others } = collector.destinations;
  const sam = samSettingsAt('sam', addressOf('sam'), ownSam, collector, environment);
  const ingest = ingestSettingsAt('ingest', addressOf('ingest'), ownIngest, collector, environment);
  const destinations = new Map<string, DestinationSettings>([
    ['sam', sam],
    ['ingest', ingest],
  ]);
  for (const [name, { kind, ...own }] of Object.entries(others)) {
    const settings =
      kind === 'sam'
        ? samSettingsAt(name, addressOf(name), { kind, ...own }, collector, environment)
        : ingestSettingsAt(name, addressOf(name), { kind, ...own }, collector, environment);
    destinations.set(name, settings);
  }
  return { sam, ingest, destinations };
}
