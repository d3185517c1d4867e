import type { Database } from 'bun:sqlite';
import { readPragma } from '../lib/sqlite.ts';
import { usedBytes } from './database.ts';
import { countDropped } from './drop.ts';
import type { EntryState } from './entry.ts';
import { Metadata } from './metadata.ts';
import type { Outbox } from './outbox.ts';
import { dateOf } from './row.ts';

/** One stream in numbers; oldest, newest, attempts and bytes are of what is not delivered. */
export type StreamStatistics = {
  readonly stream: string;
  readonly pending: number;
  readonly held: number;
  readonly rejected: number;
  readonly oldest: Date | null;
  readonly newest: Date | null;
  /** Of those that are pending. */
  readonly oldestPending: Date | null;
  readonly deliveredLastDay: number;
  readonly attempts: number;
  /** Of the bodies, before compression. */
  readonly bytes: number;
};

export type FileStatistics = {
  readonly usedBytes: number;
  readonly fileBytes: number;
  /** Ever taken out undelivered. */
  readonly dropped: number;
  /** The host that writes it, and damage that nobody has looked at. */
  readonly host: string | null;
  readonly damage: string | null;
};

type Row = { stream: string; state: EntryState; n: number; oldest: number; newest: number; bytes: number };

/** Every stream that has entries, by name. Reads indexes only. */
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
