import type { Database } from 'bun:sqlite';
import { readPragma } from '../lib/sqlite.ts';
import { usedBytes } from './database.ts';
import { drop } from './drop.ts';
import type { EntryKey } from './entry.ts';
import { dateOf, type EntryRow } from './row.ts';

export type Bounds = {
  readonly keepDeliveredDays: number;
  readonly maxBytes: number;
};

/** What was taken out to make room. */
export type Pruned = { readonly delivered: number; readonly undelivered: readonly EntryKey[] };

/** Entries that are taken out in one transaction: short ones, so that a drain need not wait long. */
const batch = 100;
/** Fingerprints of jobs that are forgotten in one: they are small. */
const fingerprintBatch = 20_000;
/** What one needs at the least, in bytes. */
const fingerprintBytes = 24;
/** Transactions at a time: what is left is for the next time. */
const maxBatches = 10;
/** How the reason begins for which an entry is given up. */
const overLimit = 'the outbox would have grown over its limit';
/** What an entry needs beside its body, in bytes: its row, its indexes, half-filled pages. */
export const entryOverhead = 16 * 1024;
/** Pages given back to the filesystem at a time, and how many stay in the file to be used again. */
const vacuumPages = 4096;
const sparePages = 2048;

/**
 * Takes out what was delivered longer ago than it is kept; and, where the file would grow over its bound by `neededBytes`
 * more, first what was delivered, then what is remembered of jobs that were sent, then what waits or was rejected, the
 * oldest first, and what is held only where nothing else is left. Undelivered entries that are taken out are returned, to be logged: they are lost.
 *
 * It is called before each entry that is stored: it takes out a thousand at most, and reads indexes only, but for a scan of
 * what is remembered of jobs where some of that has to go.
 */
export function prune(database: Database, bounds: Bounds, neededBytes: number, now: Date): Pruned {
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
    if (forgetFingerprints(database) > 0) continue;
    const oldest = oldestOver(database, excess());
    if (oldest.length === 0) break;
    const reason = `${overLimit} of ${Math.round(bounds.maxBytes / 1024 ** 2)} MiB`;
    undelivered.push(...drop(database, oldest, reason, now));
  }
  giveBack(database, vacuumPages);
  return { delivered, undelivered };
}

/**
 * Takes out what was delivered longer ago than it is kept, a thousand at most; and, where the file would still grow over its
 * bound, makes room for job history, which can be had again later: nothing undelivered is taken out for it, and nothing is
 * forgotten of any job while one entry of job history is undelivered, since its jobs would be taken for new and queued
 * twice. False where there is not room enough without that, and then nothing was given up in vain.
 */
export function makeRoomWithoutLoss(database: Database, bounds: Bounds, neededBytes: number, now: Date): boolean {
  const excess = () => excessOf(database, bounds, neededBytes);
  const before = keptSince(bounds, now);
  for (let turn = 0; turn < maxBatches; turn++) {
    if (drop(database, deliveredBefore(database, before), '', now).length === 0) break;
  }
  const mayForget = !hasUndeliveredJobs(database);
  if (deliveredBytes(database) + (mayForget ? fingerprintBytes * countFingerprints(database) : 0) < excess())
    return false;
  while (excess() > 0) {
    const old = deliveredBefore(database, null);
    if (drop(database, old, '', now).length > 0) continue;
    if (!mayForget || forgetFingerprints(database) === 0) break;
  }
  giveBack(database, vacuumPages);
  return excess() <= 0;
}

/** How many bytes too many there would be. */
function excessOf(database: Database, bounds: Bounds, neededBytes: number): number {
  return usedBytes(database) + neededBytes + entryOverhead - bounds.maxBytes;
}

/** Takes out everything that was delivered longer ago than it is kept, and gives the space back; gives their count. */
export function pruneDelivered(database: Database, bounds: Bounds, now: Date): number {
  let count = 0;
  for (;;) {
    const old = deliveredBefore(database, keptSince(bounds, now));
    if (old.length === 0) break;
    count += drop(database, old, '', now).length;
  }
  // Page by page, in short transactions: a collection need not wait long.
  while (giveBack(database, vacuumPages)) {}
  return count;
}

/** How many undelivered entries were given up for want of room since a moment; what people drop is not counted. */
export function countGivenUp(database: Database, since: Date): number {
  const query = 'SELECT count(*) AS n FROM dropped WHERE dropped_at >= ? AND substr(reason, 1, ?) = ?';
  const row = database
    .query<{ n: number }, [number, number, string]>(query)
    .get(since.getTime(), overLimit.length, overLimit);
  return row?.n ?? 0;
}

/** How many entries `pruneDelivered` would take out, and the bytes of their bodies before compression. */
export function countPrunable(database: Database, bounds: Bounds, now: Date): { entries: number; bytes: number } {
  const query = `SELECT count(*) AS entries, coalesce(sum(body_bytes), 0) AS bytes FROM entries
    WHERE state = 'delivered' AND delivered_at < ?`;
  const row = database.query<{ entries: number; bytes: number }, [number]>(query).get(keptSince(bounds, now).getTime());
  return row ?? { entries: 0, bytes: 0 };
}

function keptSince(bounds: Bounds, now: Date): Date {
  return new Date(now.getTime() - bounds.keepDeliveredDays * 86_400_000);
}

/** Forgets some of the jobs that were sent, those that ended first, which costs no more than sending them again; gives how many. */
function forgetFingerprints(database: Database): number {
  const query = `DELETE FROM job_fingerprints WHERE (submitted, job, cluster) IN
    (SELECT submitted, job, cluster FROM job_fingerprints ORDER BY ended_on, submitted LIMIT ${fingerprintBatch})`;
  return database.query(query).run().changes;
}

function countFingerprints(database: Database): number {
  return database.query<{ n: number }, []>('SELECT count(*) AS n FROM job_fingerprints').get()?.n ?? 0;
}

/** Bytes of the compressed bodies that were delivered. */
function deliveredBytes(database: Database): number {
  const query = `SELECT coalesce(sum(length(gzip)), 0) AS n FROM entries INDEXED BY entries_delivered
    JOIN bodies ON entry = sequence WHERE state = 'delivered'`;
  return database.query<{ n: number }, []>(query).get()?.n ?? 0;
}

/** Whether any entry of job history, of whatever cluster, waits, is held or was rejected. */
function hasUndeliveredJobs(database: Database): boolean {
  const query = `SELECT 1 FROM entries INDEXED BY entries_by_state
    WHERE state IN ('pending', 'rejected', 'held') AND stream GLOB 'ingest/*' LIMIT 1`;
  return database.query(query).get() !== null;
}

type KeyRow = Pick<EntryRow, 'sequence' | 'id' | 'stream' | 'state' | 'collected_at'>;

/** Some that were delivered before a moment (whenever for null), those delivered first in front. */
function deliveredBefore(database: Database, moment: Date | null): EntryKey[] {
  return database
    .query<KeyRow, [number]>(
      `SELECT sequence, id, stream, state, collected_at FROM entries INDEXED BY entries_delivered
       WHERE state = 'delivered' AND delivered_at < ? ORDER BY delivered_at LIMIT ${batch}`,
    )
    .all(moment?.getTime() ?? Number.MAX_SAFE_INTEGER)
    .map(keyOf);
}

/** As many of the oldest undelivered entries as free so many bytes, some at most. */
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

/** Gives some free pages back to the filesystem, but for a few; false where there are no more. */
function giveBack(database: Database, pages: number): boolean {
  const free = Number(readPragma(database, 'freelist_count')) - sparePages;
  if (free <= 0) return false;
  database.run(`PRAGMA incremental_vacuum(${Math.min(free, pages)})`);
  return true;
}
