import { samStatusPath, samStream } from '../delivery/sam-entries.ts';
import type { NewEntry } from '../outbox/entry.ts';
import type { Validated } from '../snapshot/validate.ts';
import type { Collected } from './collect.ts';

/** The entry of a snapshot, with the result of our own validation. */
export type SnapshotEntry = NewEntry & { readonly validated: Validated };

/**
 * Makes the entries of a system's snapshot at a time, one for each destination. A snapshot that fails our own validation
 * becomes rejected entries.
 */
export function snapshotEntriesOf(
  systemName: string,
  collected: Extract<Collected, { kind: 'collected' }>,
  time: Date,
  destinations: readonly string[],
): SnapshotEntry[] {
  const validated = collected.at(time);
  const entry = {
    method: 'POST',
    path: samStatusPath(systemName),
    body: JSON.stringify(validated.payload),
    collectedAt: time,
    failedProbes: collected.failedProbes,
    rejectedBecause: validated.kind === 'valid' ? null : `the API would not accept it: ${validated.reason}`,
    validated,
  } as const;
  return destinations.map((destination) => ({ ...entry, stream: samStream(systemName, destination), destination }));
}
