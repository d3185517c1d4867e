import type { Log } from '../lib/log.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Validated } from '../snapshot/validate.ts';
import type { Collected } from './collect.ts';
import { snapshotEntryOf } from './entry.ts';

/**
 * Stores a snapshot in the outbox and returns the id of the entry. A snapshot that fails our own validation is stored
 * as rejected. Throws OutboxUnwritable if it cannot be stored.
 */
export function store(
  outbox: Outbox,
  systemName: string,
  collected: Extract<Collected, { kind: 'collected' }>,
  now: Date,
  log: Log,
): string {
  const { id, entry } = outbox.add(now, (time) => snapshotEntryOf(systemName, collected, time));
  logValidation(entry.validated, id, log);
  return id;
}

/** Logs what is wrong with a snapshot, or what was dropped from it. */
export function logValidation(validated: Validated, id: string, log: Log): void {
  if (validated.kind === 'invalid') {
    log.error(`✗ the API would not accept the snapshot: ${validated.reason}; it is stored as the rejected entry ${id}`);
    return;
  }
  for (const value of validated.dropped) log.warn(`dropped ${value}`);
}
