import type { Database } from 'bun:sqlite';
import type { Outbox } from './outbox.ts';

/** True if the outbox has an entry of the stream, in any state. */
export function hasStream({ database }: Outbox, stream: string): boolean {
  return database.query('SELECT 1 FROM entries WHERE stream = ? LIMIT 1').get(stream) !== null;
}

/** Returns the name of each stream that has records of dropped entries. */
export function streamsDropped({ database }: Outbox): string[] {
  return names(database, 'SELECT DISTINCT stream FROM dropped');
}

/** Returns the name of each stream of which an entry was delivered at this time or later. */
export function streamsDelivered({ database }: Outbox, since: Date): string[] {
  return names(
    database,
    `SELECT DISTINCT stream FROM entries WHERE state = 'delivered' AND delivered_at >= ${since.getTime()}`,
  );
}

function names(database: Database, query: string): string[] {
  return database
    .query<{ stream: string }, []>(query)
    .all()
    .map(({ stream }) => stream);
}
