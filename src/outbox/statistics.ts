import type { Database } from 'bun:sqlite';
import { readPragma } from '../lib/sqlite.ts';
import { usedBytes } from './database.ts';
import { countDropped } from './drop.ts';
import type { EntryState } from './entry.ts';
import { Metadata } from './metadata.ts';
import type { Outbox } from './outbox.ts';
import { dateOf } from './row.ts';

/** The numbers of a stream. Oldest, newest, attempts and bytes count only undelivered entries. */
export type StreamStatistics = {
  readonly stream: string;
  readonly pending: number;
  readonly held: number;
  readonly rejected: number;
  readonly oldest: Date | null;
  readonly newest: Date | null;
  /** When the oldest pending entry was collected. */
  readonly oldestPending: Date | null;
  readonly deliveredLastDay: number;
  readonly attempts: number;
  /** Bytes of the uncompressed bodies. */
  readonly bytes: number;
};

export type FileStatistics = {
  readonly usedBytes: number;
  readonly fileBytes: number;
  /** Entries that were ever deleted undelivered. */
  readonly dropped: number;
  /** The host that writes the file, and the recoveries that are not acknowledged (JSON). */
  readonly host: string | null;
  readonly damage: string | null;
};

type Row = { stream: string; state: EntryState; n: number; oldest: number; newest: number; bytes: number };

/** Returns the statistics of every stream with entries, sorted by name. Reads only indexes. */
export function streamStatistics({ database }: Outbox, now: Date): StreamStatistics[] {
  const rows = database
    .query<Row, []>(
      `SELECT stream, state, count(*) AS n, min(collected_at) AS oldest, max(collected_at) AS newest,
         sum(body_bytes) AS bytes
       FROM entries INDEXED BY entries_by_state WHERE state IN ('pending', 'held', 'rejected') GROUP BY state, stream`,
    )
    .all();
  const delivered = sums(
    database,
    `SELECT stream, count(*) AS n FROM entries INDEXED BY entries_delivered
     WHERE state = 'delivered' AND delivered_at > ${now.getTime() - 86_400_000} GROUP BY stream`,
  );
  const attempts = sums(
    database,
    `SELECT stream, sum(attempts) AS n FROM entries INDEXED BY entries_tried
     WHERE attempts > 0 AND state <> 'delivered' GROUP BY stream`,
  );
  const streams = new Set([...rows.map(({ stream }) => stream), ...delivered.keys()]);
  return [...streams].sort().map((stream) => {
    const own = rows.filter((row) => row.stream === stream);
    const countOf = (state: EntryState) => own.find((row) => row.state === state)?.n ?? 0;
    return {
      stream,
      pending: countOf('pending'),
      held: countOf('held'),
      rejected: countOf('rejected'),
      oldest: own.length === 0 ? null : dateOf(Math.min(...own.map((row) => row.oldest))),
      oldestPending: own.filter(({ state }) => state === 'pending').map((row) => dateOf(row.oldest))[0] ?? null,
      newest: own.length === 0 ? null : dateOf(Math.max(...own.map((row) => row.newest))),
      deliveredLastDay: delivered.get(stream) ?? 0,
      attempts: attempts.get(stream) ?? 0,
      bytes: own.reduce((sum, row) => sum + row.bytes, 0),
    };
  });
}

/** Returns the statistics of the outbox file. */
export function fileStatistics({ database }: Outbox): FileStatistics {
  return {
    usedBytes: usedBytes(database),
    fileBytes: Number(readPragma(database, 'page_count')) * Number(readPragma(database, 'page_size')),
    dropped: countDropped(database),
    host: new Metadata(database).read('host'),
    damage: new Metadata(database).read('damage'),
  };
}

function sums(database: Database, query: string): ReadonlyMap<string, number> {
  return new Map(
    database
      .query<{ stream: string; n: number }, []>(query)
      .all()
      .map(({ stream, n }) => [stream, n]),
  );
}
