import { Database } from 'bun:sqlite';
import { copyBeforeMigration } from '../lib/migration-copy.ts';

/** Copies an outbox that a migration is about to change, so that an operator can go back to the older program. */
export function copyOutboxBeforeMigration(database: Database, file: string, schema: number): void {
  copyBeforeMigration(database, file, schema, noteAsSent);
}

/**
 * Notes on the undelivered entries of a copy that they may have been sent. An older program that uses the copy sends them
 * again, although the newer one may have delivered them, and must then accept the answer "already stored".
 */
function noteAsSent(copy: string): void {
  const database = new Database(copy);
  try {
    const query = `UPDATE entries SET first_sent_at = coalesce(first_sent_at, ?) WHERE state <> 'delivered'`;
    database.query(query).run(Date.now());
  } finally {
    database.close();
  }
}
