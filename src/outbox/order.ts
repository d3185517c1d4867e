import { z } from 'zod';
import type { Entry } from './entry.ts';
import type { Outbox } from './outbox.ts';
import { type EntryRow, entryOf, entryRowColumns } from './row.ts';

/** The entry of a stream that is sent next. */
export type Choice = {
  /** The entry to send. */
  readonly entry: Entry;
  /** The oldest pending entry of the stream. */
  readonly head: Entry;
  /** True if the entry is sent before all backlogs: nothing newer of its stream is pending or delivered. */
  readonly isCurrent: boolean;
  /** Until when the stream rests, and the last error; null for none. */
  readonly restsUntil: Date | null;
  readonly lastError: string | null;
  /** The pending entries of the stream that failed, if each drain tries another one; otherwise 0. */
  readonly failures: number;
};

/**
 * Returns the next entry of each stream of a destination (null: of all destinations), in the order of sending.
 * Usually that is the oldest entry of each stream, the first stored one first. Of streams whose newest entry goes first,
 * it is the newest entry of each, and then the backlog of all in that order. `after` is an entry to count as delivered.
 */
export function choicesOf(outbox: Outbox, destination: string | null, after: Entry | null = null): Choice[] {
  const newestFirst = newestFirstStreams(outbox);
  const choices = outbox.heads(destination).flatMap((oldest): Choice[] => {
    const head = oldest.sequence === after?.sequence ? outbox.next(oldest) : oldest;
    if (head === null) return [];
    if (!newestFirst.has(head.stream)) {
      const { nextAttemptAt: restsUntil, lastError } = head;
      return [{ entry: head, head, isCurrent: false, restsUntil, lastError, failures: 0 }];
    }
    const newest = newestPending(outbox, head);
    const current = newest !== null && newest.sequence !== after?.sequence ? newest : null;
    const entry = current ?? head;
    return [{ entry, head, isCurrent: current !== null, ...restOf(outbox, head.stream, entry.lastError) }];
  });
  return choices.sort(
    (one, other) => Number(other.isCurrent) - Number(one.isCurrent) || one.entry.sequence - other.entry.sequence,
  );
}

/**
 * Returns the pending entry of a stream that was collected last; null if something of the stream that was collected later
 * is delivered. Goes by the time of collection, because imported entries are stored last.
 */
function newestPending({ database }: Outbox, { stream, destination }: Entry): Entry | null {
  // Entries later than the newest delivered one are few, except in a backlog, whose newest entry is found at once.
  const query = `SELECT ${entryRowColumns} FROM entries INDEXED BY entries_by_moment
    WHERE destination = ? AND collected_at > coalesce((SELECT newest_delivered_at FROM streams WHERE stream = ?), -9e15)
      AND stream = ? AND state = 'pending' ORDER BY collected_at DESC LIMIT 1`;
  const row = database.query<EntryRow, [string, string, string]>(query).get(destination, stream, stream);
  return row && entryOf(row);
}

/** Returns the rest of a stream of which each drain tries another entry: those that failed are still pending. */
function restOf({ database }: Outbox, stream: string, ownError: string | null) {
  const query = `SELECT ${entryRowColumns} FROM entries INDEXED BY entries_tried
    WHERE stream = ? AND attempts > 0 AND state <> 'delivered' AND state = 'pending' ORDER BY sequence`;
  const tried = database.query<EntryRow, [string]>(query).all(stream).map(entryOf);
  const rests = tried.flatMap(({ nextAttemptAt }) => nextAttemptAt?.getTime() ?? []);
  return {
    restsUntil: rests.length === 0 ? null : new Date(Math.max(...rests)),
    lastError: ownError ?? tried.at(-1)?.lastError ?? null,
    failures: tried.length,
  };
}

const key = 'newest-first';
const names = z.array(z.string());

/** Returns the streams whose newest entry is sent first. */
export function newestFirstStreams(outbox: Outbox): ReadonlySet<string> {
  return new Set(outbox.metadata.readJson(key, names) ?? []);
}

/** Stores the streams whose newest entry is sent first. Writes only a change. */
export function putNewestFirstStreams(outbox: Outbox, streams: ReadonlySet<string>): void {
  const known = newestFirstStreams(outbox);
  if (known.symmetricDifference(streams).size > 0) outbox.metadata.write(key, JSON.stringify([...streams].sort()));
}
