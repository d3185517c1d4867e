import { Database } from 'bun:sqlite';
import { accessSync, constants } from 'node:fs';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { codeOf, makePrivateFile } from '../lib/sqlite.ts';

/** A lock that is held until it is released or the process ends, however it ends. */
export type Lock = { release(): void };

// SQLite's lock goes with its handle: one that nothing refers to is collected, and the lock with it.
const held = new Set<Database>();

/**
 * Takes a lock across processes: an exclusive SQLite transaction on a file of its own, which vanishes with its process
 * and works where SQLite works; a pid file would outlive a killed process. Null where another holds it.
 * The file must never be opened by other means in this process: closing it would drop the lock.
 */
export function tryLock(file: string): Lock | null {
  let database: Database | null = null;
  try {
    const isNew = makePrivateFile(file);
    database = new Database(file, { create: true, readwrite: true });
    // On a read-only filesystem two processes would both get their lock.
    accessSync(file, constants.W_OK);
    // On an empty file and a full disk the lock itself would need space.
    database.run('PRAGMA busy_timeout = 200');
    if (isNew) database.run('CREATE TABLE IF NOT EXISTS lock (held INTEGER) STRICT');
    database.run('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (codeOf(error) === 'SQLITE_BUSY') return null;
    throw new OperatorError(
      `cannot lock ${file}: ${messageOf(error)}; check the directory, its owner and the space left`,
      {
        cause: error,
      },
    );
  }
  const taken = database;
  held.add(taken);
  return {
    release() {
      held.delete(taken);
      taken.close();
    },
  };
}
