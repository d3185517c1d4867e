import type { Database } from 'bun:sqlite';
import { readPragma } from '../lib/sqlite.ts';
import { usedBytes } from './database.ts';
import { drop } from './drop.ts';
import type { EntryKey } from './entry.ts';
import type { Outbox } from './outbox.ts';
import { dateOf, type EntryRow } from './row.ts';

export type Bounds = {
  readonly keepDeliveredDays: number;
  readonly maxBytes: number;
};

/** Space that another room uses in the outbox file and can give up before any undelivered entry is deleted. */
export type Reclaimable = {
  /** Estimates the bytes in use. */
  bytes(): number;
  /** Frees some of them; returns false if nothing is left. */
  free(): boolean;
};

/** The number of deleted delivered entries, and the deleted undelivered entries. */
export type Pruned = { readonly delivered: number; readonly undelivered: readonly EntryKey[] };

/** Number of entries to delete in one transaction: a short one, so that a drain does not wait long. */
const batch = 100;
/** Transactions in one call: the next call deletes the rest. */
const maxBatches = 10;
/** The beginning of the reason for deleting an undelivered entry. */
const overLimit = 'the outbox would have grown over its limit';
/** Bytes that an entry needs besides its body: its row, its indexes, half-filled pages. */
export const entryOverhead = 16 * 1024;
/** Pages that one call returns to the filesystem, and free pages that stay in the file for reuse. */
const vacuumPages = 4096;
const sparePages = 2048;

/**
 * Deletes entries delivered more than `keepDeliveredDays` ago. If the file would still grow over its limit by
 * `neededBytes` more, deletes other delivered entries, then frees reclaimable space, then deletes pending and rejected
 * entries, the oldest first, and held ones last. Returns the deleted undelivered entries, to be logged: they are lost.
 *
 * It is called before each entry that is stored, so it deletes at most a thousand entries and reads only indexes.
 */
export function prune(
  { database }: Outbox,
  bounds: Bounds,
  neededBytes: number,
  now: Date,
  reclaimable: readonly Reclaimable[],
): Pruned {
  let delivered = 0;
  const undelivered: EntryKey[] = [];
  const before = keptSince(bounds, now);
  const excess = () => excessOf(database, bounds, neededBytes);
  for (let turn = 0; turn < maxBatches; turn++) {
    const isFull = excess() > 0;
    const old = deliveredBefore(database, isFull ? null : before);
    if (old.length > 0) {
      delivered += drop(database, old, '', now).length;
      continue;
    }
    if (!isFull) break;
    if (reclaimable.some((one) => one.free())) continue;
    const oldest = oldestOver(database, excess());
    if (oldest.length === 0) break;
    const reason = `${overLimit} of ${Math.round(bounds.maxBytes / 1024 ** 2)} MiB`;
    undelivered.push(...drop(database, oldest, reason, now));
  }
  giveBack(database, vacuumPages);
  return { delivered, undelivered };
}

/**
 * Deletes entries delivered more than `keepDeliveredDays` ago, and makes room for data that can be read again later: no
 * undelivered entry is deleted for it. Returns false, and frees nothing else, if that is not enough.
 */
export function makeRoomWithoutLoss(
  { database }: Outbox,
  bounds: Bounds,
  neededBytes: number,
  now: Date,
  reclaimable: readonly Reclaimable[],
): boolean {
  const excess = () => excessOf(database, bounds, neededBytes);
  const before = keptSince(bounds, now);
  for (let turn = 0; turn < maxBatches; turn++) {
    if (drop(database, deliveredBefore(database, before), '', now).length === 0) break;
  }
  const freeable = reclaimable.reduce((sum, one) => sum + one.bytes(), deliveredBytes(database));
  if (freeable < excess()) return false;
  while (excess() > 0) {
    const old = deliveredBefore(database, null);
    if (drop(database, old, '', now).length > 0) continue;
    if (!reclaimable.some((one) => one.free())) break;
  }
  giveBack(database, vacuumPages);
  return excess() <= 0;
}

/** Returns by how many bytes the next entry would make the file exceed its limit. */
function excessOf(database: Database, bounds: Bounds, neededBytes: number): number {
  return usedBytes(database) + neededBytes + entryOverhead - bounds.maxBytes;
}

/** Deletes entries delivered more than `keepDeliveredDays` ago, and shrinks the file. Returns their number. */
export function pruneDelivered({ database }: Outbox, bounds: Bounds, now: Date): number {
  let count = 0;
  for (;;) {
    const old = deliveredBefore(database, keptSince(bounds, now));
    if (old.length === 0) break;
    count += drop(database, old, '', now).length;
  }
  // In short transactions, so that a collection does not wait long.
  while (giveBack(database, vacuumPages)) {}
  return count;
}

/** Returns the number of undelivered entries deleted for lack of space since a time, not counting dropped ones. */
export function countGivenUp({ database }: Outbox, since: Date): number {
  const query = 'SELECT count(*) AS n FROM dropped WHERE dropped_at >= ? AND substr(reason, 1, ?) = ?';
  const row = database
    .query<{ n: number }, [number, number, string]>(query)
    .get(since.getTime(), overLimit.length, overLimit);
  return row?.n ?? 0;
}

/** Returns how many entries `pruneDelivered` would delete, and the bytes of their uncompressed bodies. */
export function countPrunable({ database }: Outbox, bounds: Bounds, now: Date): { entries: number; bytes: number } {
  const query = `SELECT count(*) AS entries, coalesce(sum(body_bytes), 0) AS bytes FROM entries
    WHERE state = 'delivered' AND delivered_at < ?`;
  const row = database.query<{ entries: number; bytes: number }, [number]>(query).get(keptSince(bounds, now).getTime());
  return row ?? { entries: 0, bytes: 0 };
}

function keptSince(bounds: Bounds, now: Date): Date {
  return new Date(now.getTime() - bounds.keepDeliveredDays * 86_400_000);
}

/** Returns the bytes of the compressed bodies of delivered entries. */
function deliveredBytes(database: Database): number {
  const query = `SELECT coalesce(sum(length(gzip)), 0) AS n FROM entries INDEXED BY entries_delivered
    JOIN bodies ON entry = sequence WHERE state = 'delivered'`;
  return database.query<{ n: number }, []>(query).get()?.n ?? 0;
}

type KeyRow = Pick<EntryRow, 'sequence' | 'id' | 'stream' | 'state' | 'collected_at'>;

/** Returns up to `batch` entries delivered before a time (null: at any time), the first delivered one first. */
function deliveredBefore(database: Database, time: Date | null): EntryKey[] {
  return database
    .query<KeyRow, [number]>(
      `SELECT sequence, id, stream, state, collected_at FROM entries INDEXED BY entries_delivered
       WHERE state = 'delivered' AND delivered_at < ? ORDER BY delivered_at LIMIT ${batch}`,
    )
    .all(time?.getTime() ?? Number.MAX_SAFE_INTEGER)
    .map(keyOf);
}

/** Returns the oldest undelivered entries whose bodies have so many bytes, at most `batch`, held ones last. */
function oldestOver(database: Database, bytes: number): EntryKey[] {
  const rows = database
    .query<KeyRow & { stored: number }, []>(
      `SELECT sequence, id, stream, state, collected_at,
         (SELECT length(gzip) FROM bodies WHERE entry = sequence) AS stored
       FROM entries WHERE sequence IN
         (SELECT sequence FROM entries INDEXED BY entries_by_state WHERE state IN ('pending', 'rejected', 'held')
          ORDER BY state = 'held', sequence LIMIT ${batch})
       ORDER BY state = 'held', sequence`,
    )
    .all();
  let freed = 0;
  const chosen: KeyRow[] = [];
  for (const row of rows) {
    if (freed >= bytes) break;
    chosen.push(row);
    freed += row.stored;
  }
  return chosen.map(keyOf);
}

function keyOf({ sequence, id, stream, state, collected_at }: KeyRow): EntryKey {
  return { sequence, id, stream, state, collectedAt: dateOf(collected_at) };
}

/** Returns up to `pages` free pages to the filesystem, except the spare ones. Returns false if there are none. */
function giveBack(database: Database, pages: number): boolean {
  const free = Number(readPragma(database, 'freelist_count')) - sparePages;
  if (free <= 0) return false;
  database.run(`PRAGMA incremental_vacuum(${Math.min(free, pages)})`);
  return true;
}
