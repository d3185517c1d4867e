import { Database } from 'bun:sqlite';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { ensureFile } from './files.ts';
import { migrations } from './migrations.ts';

/** How long a writer waits for another, in milliseconds. */
const busyTimeout = 10_000;

/**
 * Opens the outbox's file, made with its directory if need be (0600 in 0700), its schema brought up to date.
 * A commit is on disk when it returns, on network filesystems too: a rollback journal, and synchronous=EXTRA, because
 * with FULL the journal's removal is not durable. Throws OperatorError with the mend.
 */
export function openDatabase(file: string): Database {
  try {
    ensureFile(file);
    const database = new Database(file, { create: true, readwrite: true, strict: true });
    database.run(`PRAGMA busy_timeout = ${busyTimeout}`);
    setPragma(database, 'journal_mode', 'DELETE', 'delete');
    setPragma(database, 'synchronous', 'EXTRA', 3);
    setPragma(database, 'foreign_keys', 'ON', 1);
    migrate(database, file);
    return database;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `cannot open the outbox ${file}: ${messageOf(error)}; check the directory, its owner and the space left`,
      {
        cause: error,
      },
    );
  }
}

/** Sets a pragma and reads it back: SQLite passes over one that it cannot apply. */
function setPragma(database: Database, name: string, value: string, expected: string | number): void {
  database.run(`PRAGMA ${name} = ${value}`);
  const row = database.query<Record<string, unknown>, []>(`PRAGMA ${name}`).get();
  const actual = row === null ? undefined : Object.values(row)[0];
  if (actual !== expected) throw new Error(`PRAGMA ${name} is ${String(actual)} and not ${value}`);
}

function migrate(database: Database, file: string): void {
  if (versionOf(database, file) === migrations.length) return;
  // Two programs may open a new file at once: the version counts only under the lock.
  database
    .transaction(() => {
      for (const step of migrations.slice(versionOf(database, file))) database.run(step);
      database.run(`PRAGMA user_version = ${migrations.length}`);
    })
    .immediate();
}

function versionOf(database: Database, file: string): number {
  const version = database.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? 0;
  if (version > migrations.length) {
    throw new OperatorError(
      `the outbox ${file} was written by a newer version (schema ${version}, this one knows ${migrations.length}): install the newer hpc-collector`,
    );
  }
  return version;
}
