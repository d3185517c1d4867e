import { samStatusPath, samStream } from '../delivery/sam-entries.ts';
import type { NewEntry } from '../outbox/entry.ts';
import type { Validated } from '../snapshot/validate.ts';
import type { Collected } from './collect.ts';

/**
 * Makes the entry of a system's snapshot at a time. A snapshot that fails our own validation becomes a rejected entry.
 */
export function entryOf(
  systemName: string,
  collected: Extract<Collected, { kind: 'collected' }>,
  moment: Date,
): { readonly entry: NewEntry; readonly validated: Validated } {
  const validated = collected.at(moment);
  const entry: NewEntry = {
    stream: samStream(systemName),
    destination: 'sam',
    method: 'POST',
    path: samStatusPath(systemName),
    body: JSON.stringify(validated.payload),
    collectedAt: moment,
    failedProbes: collected.failedProbes,
    rejectedBecause: validated.kind === 'valid' ? null : `is not what the API takes: ${validated.reason}`,
  };
  return { entry, validated };
}
