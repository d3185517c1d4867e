import type { EntryKey } from './entry.ts';
import type { Outbox } from './outbox.ts';

/** Entries that are changed in one transaction: each is durable by itself, and a drain never waits long. */
const batch = 500;

/** Changes entries one after the other; gives those that were changed. */
export function steer(
  outbox: Outbox,
  entries: readonly EntryKey[],
  change: (entry: EntryKey) => boolean,
): ReadonlySet<EntryKey> {
  const changed = new Set<EntryKey>();
  for (let start = 0; start < entries.length; start += batch) {
    outbox.database
      .transaction(() => {
        for (const entry of entries.slice(start, start + batch)) if (change(entry)) changed.add(entry);
      })
      .immediate();
  }
  return changed;
}
