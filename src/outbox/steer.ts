import type { EntryKey } from './entry.ts';
import type { Outbox } from './outbox.ts';

/** Entries changed in one transaction, so that a drain never waits long. */
const batch = 500;

/** Changes entries one by one and returns the changed ones. */
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
