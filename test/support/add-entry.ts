import type { NewEntry } from '../../src/outbox/entry.ts';
import type { Outbox } from '../../src/outbox/outbox.ts';

/** Stores an entry at its own timestamp, or the first free one after it; returns its id. */
export function addEntry<Made extends NewEntry>(outbox: Outbox, entry: Made): string {
  return outbox.add(entry.collectedAt, (collectedAt) => ({ ...entry, collectedAt })).id;
}
