import { usedBytes } from './database.ts';
import { drop } from './drop.ts';
import type { Entry } from './entry.ts';
import type { Outbox } from './outbox.ts';

export type Bounds = {
  readonly keepDeliveredDays: number;
  readonly maxBytes: number;
};

/** What was taken out to make room. */
export type Pruned = { readonly delivered: number; readonly undelivered: readonly Entry[] };

/** Entries that are taken out in one transaction: short ones, so that a drain need not wait long. */
const batch = 200;
/** What an entry needs beside its body: its row, its indexes, half-filled pages. */
const overheadBytes = 16 * 1024;

/**
 * Takes out what was delivered longer ago than it is kept; and, where the file would grow over its bound by `neededBytes`
 * more, first what was delivered, then what was collected the longest time ago. Undelivered entries that are taken out
 * are returned, to be logged: they are lost.
 */
export function prune(outbox: Outbox, bounds: Bounds, neededBytes: number, now: Date): Pruned {
  const { database } = outbox;
  let delivered = 0;
  const undelivered: Entry[] = [];
  const take = (entries: readonly Entry[], reason: string) => {
    drop(database, entries, reason, now);
    database.run('PRAGMA incremental_vacuum');
    for (const entry of entries) {
      if (entry.state === 'delivered') delivered += 1;
      else undelivered.push(entry);
    }
  };
  const before = new Date(now.getTime() - bounds.keepDeliveredDays * 86_400_000);
  for (;;) {
    const old = outbox.deliveredBefore(before, batch);
    if (old.length === 0) break;
    take(old, 'delivered and kept long enough');
  }
  const isFull = () => usedBytes(database) + neededBytes + overheadBytes > bounds.maxBytes;
  while (isFull()) {
    const spare = outbox.deliveredBefore(now, batch);
    const entries = spare.length > 0 ? spare : outbox.oldest(1);
    if (entries.length === 0) break;
    take(entries, `the outbox would have grown over ${Math.round(bounds.maxBytes / 1024 ** 2)} MiB`);
  }
  return { delivered, undelivered };
}
