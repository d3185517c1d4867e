import { defaultDestination, outagePath, outageStream } from '../delivery/sam-entries.ts';
import { OperatorError } from '../lib/errors.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { bodyOf, type Outage, outageOf } from './outage.ts';
import { findOutage, forgetOldOutages, remember } from './outage-table.ts';
import type { KnownOutage } from './row.ts';

/** The reported members of an outage; undefined members stay unchanged. */
export type OutageChanges = {
  readonly title?: string | undefined;
  readonly severity?: string | undefined;
  readonly status?: string | undefined;
  readonly component?: string | undefined;
  readonly description?: string | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly eta?: string | undefined;
};

/**
 * Stores a report in the outbox, an entry for each destination, and updates the outage in one transaction; otherwise a
 * crash between the two would report it twice. Throws OutboxUnwritable.
 */
export function storeOutage(
  outbox: Outbox,
  outage: Outage,
  destinations: readonly string[] = [defaultDestination],
): void {
  outbox.atomically(() => {
    const entry = {
      method: 'POST',
      path: outagePath,
      body: bodyOf(outage),
      failedProbes: [],
      rejectedBecause: null,
    } as const;
    const added = outbox.addAll(outage.outage_reported_at, (collectedAt) =>
      destinations.map((destination) => ({
        ...entry,
        stream: outageStream(destination),
        destination,
        collectedAt,
      })),
    );
    for (const { id } of added) remember(outbox, outage, id);
    forgetOldOutages(outbox, outage.outage_reported_at);
  });
}

/** Returns the destinations of the outages of a system. */
export type DestinationsOf = (system: string) => readonly string[];

const byDefault: DestinationsOf = () => [defaultDestination];

/** Reports a new outage. Throws OperatorError, and stores nothing, if the API would not accept it. */
export function reportOutage(
  outbox: Outbox,
  system: string,
  changes: OutageChanges,
  now: Date,
  destinationsOf = byDefault,
): Outage {
  const outage = outageOf({
    ...members(changes),
    system_name: system,
    status: changes.status ?? 'investigating',
    start_time: changes.start ?? now.toISOString(),
    outage_key: Bun.randomUUIDv7(),
    outage_reported_at: now.toISOString(),
  });
  storeOutage(outbox, outage, destinationsOf(outage.system_name));
  return outage;
}

/** Reports changes of an outage, together with its known members. */
export function updateOutage(
  outbox: Outbox,
  key: string,
  changes: OutageChanges,
  now: Date,
  destinationsOf = byDefault,
): KnownOutage {
  return change(outbox, key, members(changes), now, destinationsOf);
}

/** Reports the end of an outage. */
export function resolveOutage(
  outbox: Outbox,
  key: string,
  changes: OutageChanges,
  now: Date,
  destinationsOf = byDefault,
): KnownOutage {
  const end = changes.end ?? now.toISOString();
  return change(outbox, key, { ...members(changes), status: 'resolved', end_time: end }, now, destinationsOf);
}

function change(outbox: Outbox, key: string, changes: object, now: Date, destinationsOf: DestinationsOf): KnownOutage {
  return outbox.atomically(() => {
    const known = findOutage(outbox, key);
    if (known.status === 'resolved')
      throw new OperatorError(`the outage ${known.outage_key} is resolved already: report a new one`);
    // A clock that was set back must not make this report older than the one before it.
    const at = new Date(Math.max(now.getTime(), known.outage_reported_at.getTime() + 1));
    const outage = outageOf({ ...JSON.parse(bodyOf(known)), ...changes, outage_reported_at: at.toISOString() });
    storeOutage(outbox, outage, destinationsOf(outage.system_name));
    return { ...outage, answers: known.answers };
  });
}

function members({ start, end, eta, ...others }: OutageChanges) {
  const all = { ...others, start_time: start, end_time: end, estimated_resolution: eta };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
