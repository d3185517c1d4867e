import { Database } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { OperatorError } from '../lib/errors.ts';
import { schemaVersion } from '../lib/sqlite.ts';
import { migrations } from './migrations.ts';

/** How long a reader waits for a writer, in milliseconds. */
const busyTimeout = 5000;

/**
 * Opens the outbox to look at it alone: nothing is made, migrated, recovered or written; null where there is none. Throws
 * OperatorError where this version cannot read it, and SQLite's own error where it is damaged.
 */
export function openToRead(file: string): Database | null {
  if (!existsSync(file)) return null;
  // Not `readonly`: what a killed writer left half-done could not be undone then, and the file not be read.
  const database = new Database(file, { create: false, readwrite: true, strict: true });
  try {
    database.run(`PRAGMA busy_timeout = ${busyTimeout}`);
    database.run('PRAGMA query_only = ON');
    const version = schemaVersion(database);
    if (version > migrations.length)
      throw new OperatorError(`the outbox ${file} was written by a newer version: install the newer hpc-collector`);
    if (version < migrations.length)
      throw new OperatorError(`the outbox ${file} is of an older version: the next run brings it up to date`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
