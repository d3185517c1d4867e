import { defaultDestination } from '../delivery/sam-entries.ts';
import type { Log } from '../lib/log.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Validated } from '../snapshot/validate.ts';
import type { Collected } from './collect.ts';
import { snapshotEntriesOf } from './entry.ts';

/**
 * Stores a snapshot in the outbox, an entry for each destination, and returns the ids in words: `ID`, or with several
 * destinations `ID (sam), ID (ours)`. A snapshot that fails our own validation is stored as rejected. Throws
 * OutboxUnwritable if it cannot be stored.
 */
export function store(
  outbox: Outbox,
  systemName: string,
  collected: Extract<Collected, { kind: 'collected' }>,
  now: Date,
  log: Log,
  destinations: readonly string[] = [defaultDestination],
): string {
  const added = outbox.addAll(now, (time) => snapshotEntriesOf(systemName, collected, time, destinations));
  const ids = added.map(({ id, entry }) => (added.length === 1 ? id : `${id} (${entry.destination})`)).join(', ');
  const [first] = added;
  if (first) logValidation(first.entry.validated, ids, log);
  return ids;
}

/** Logs the faults of a snapshot, or the values that were dropped from it. */
export function logValidation(validated: Validated, id: string, log: Log): void {
  if (validated.kind === 'invalid') {
    log.error(`✗ the API would not accept the snapshot: ${validated.reason}; it is stored as the rejected entry ${id}`);
    return;
  }
  for (const value of validated.dropped) log.warn(`dropped ${value}`);
}
