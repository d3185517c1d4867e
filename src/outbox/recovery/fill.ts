import type { Database } from 'bun:sqlite';
import type { EntryRow } from '../row.ts';
import type { Carved, Carving } from './carve.ts';
import { type DroppedRow, entryColumns } from './rows.ts';

/** The result of storing the found entries. */
export type Filled = {
  readonly recovered: number;
  /** Entries that exist already, or whose timestamp another entry of the destination has. */
  readonly present: number;
  /** Entries whose bodies are missing or damaged. */
  readonly withoutBody: readonly EntryRow[];
};

/** Bytes of bodies in one transaction. Transactions are short, so that other processes do not wait long. */
const batchBytes = 8 * 1024 * 1024;
/** How far in the future the timestamp of a delivered entry may be because of a wrong clock, in milliseconds. */
const mostAhead = 86_400_000;

/**
 * Stores carved entries in an outbox, oldest first, with all their columns. `numbering`: keep their sequence numbers,
 * or give them new ones after those of the existing entries.
 */
export function fill(database: Database, carving: Carving, numbering: 'as it was' | 'anew'): Filled {
  let recovered = 0;
  let present = 0;
  const withoutBody: EntryRow[] = [];
  const parameters = entryColumns.map((name) => `$${name}`).join(', ');
  const entry = database.query(
    `INSERT INTO entries (${entryColumns.join(', ')}) VALUES (${parameters}) ON CONFLICT DO NOTHING`,
  );
  const body = database.query('INSERT INTO bodies (entry, gzip) VALUES (?, ?)');
  for (const batch of batchesOf(carving.entries())) {
    database
      .transaction(() => {
        for (const { row, gzip } of batch) {
          if (!gzip) {
            withoutBody.push(row);
            continue;
          }
          // Without a time of delivery, the entry would never be old enough to be deleted.
          const delivered_at = row.delivered_at ?? (row.state === 'delivered' ? row.collected_at : null);
          const sequence = numbering === 'anew' ? null : row.sequence;
          const { changes, lastInsertRowid } = entry.run({ ...row, delivered_at, sequence });
          if (changes === 0) present += 1;
          else {
            body.run(lastInsertRowid, gzip);
            recovered += 1;
          }
        }
      })
      .immediate();
  }
  // Ignore damaged times in the far future: they would make every later entry late.
  database.run(
    `INSERT INTO streams (stream, newest_delivered_at)
       SELECT stream, max(collected_at) FROM entries
       WHERE state = 'delivered' AND collected_at < ${Date.now() + mostAhead} GROUP BY stream
     ON CONFLICT (stream) DO UPDATE SET newest_delivered_at = max(newest_delivered_at, excluded.newest_delivered_at)`,
  );
  return { recovered, present, withoutBody };
}

/** Stores the records of dropped and lost entries. */
export function rememberDropped(database: Database, rows: readonly DroppedRow[]): void {
  const query = database.query(
    `INSERT INTO dropped (id, stream, collected_at, dropped_at, reason)
     VALUES ($id, $stream, $collected_at, $dropped_at, $reason)`,
  );
  database
    .transaction(() => {
      for (const row of rows) query.run(row);
    })
    .immediate();
}

function* batchesOf(entries: Iterable<Carved>): Generator<Carved[]> {
  let batch: Carved[] = [];
  let bytes = 0;
  for (const entry of entries) {
    batch.push(entry);
    bytes += entry.gzip?.length ?? 0;
    if (bytes < batchBytes && batch.length < 500) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
