import { Database } from 'bun:sqlite';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncPath, unfinishedSuffix } from '../lib/durable.ts';
import { schemaVersion } from '../lib/sqlite.ts';

/** The copy that is made of an outbox before it gets this schema. */
export function migrationCopy(outbox: string, schema: number): string {
  return `${outbox}.before-schema-${schema}`;
}

/**
 * Copies an outbox that a migration is about to change, so that the program it is from can be put back. A new file needs
 * no copy, and a copy that is there is kept: it is from before the same migration.
 */
export function copyBeforeMigration(database: Database, file: string, schema: number): void {
  const version = schemaVersion(database);
  if (version === 0 || version >= schema) return;
  const copy = migrationCopy(file, schema);
  if (existsSync(copy)) return;
  const unfinished = `${copy}.${process.pid}${unfinishedSuffix}`;
  try {
    rmSync(unfinished, { force: true });
    // SQLite fills a file that is there and empty, and would make one that everybody can read.
    closeSync(openSync(unfinished, 'wx', 0o600));
    database.query('VACUUM INTO ?').run(unfinished);
    noteAsSent(unfinished);
    const descriptor = openSync(unfinished, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
    putInPlace(unfinished, copy);
    syncPath(dirname(copy));
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/**
 * Notes on the copy's undelivered entries that they may have been sent: whoever puts the copy back sends them again, and the
 * newer version may have delivered them meanwhile. Then the older version takes "already stored" for an answer.
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

/** Leaves alone what another process has put there meanwhile: this copy may have been made after that one migrated. */
function putInPlace(unfinished: string, copy: string): void {
  try {
    linkSync(unfinished, copy);
  } catch {
    // Some network filesystems have no hard links.
    if (!existsSync(copy)) renameSync(unfinished, copy);
  }
}
