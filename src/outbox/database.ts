import { Database } from 'bun:sqlite';
import { OperatorError } from '../lib/errors.ts';
import { makePrivateFile, migrate, readPragma, schemaVersion, setPragmas } from '../lib/sqlite.ts';
import { copyOutboxBeforeMigration } from './migration-copy.ts';
import { migrations } from './migrations.ts';
import { refuseWritableByOthers } from './others.ts';
import { refuseForeign } from './recovery/damage.ts';
import { unwritable } from './unwritable.ts';

/** An open outbox, for the functions that `Outbox` itself is built on. */
export type WithDatabase = { readonly database: Database };

/** How long a writer waits for another one, in milliseconds. */
const busyTimeout = 10_000;

/**
 * Opens the outbox file, creates it and its directory if necessary, and migrates its schema. A commit is on disk when
 * it returns, also on network filesystems: it uses a rollback journal with synchronous=EXTRA, because with FULL the
 * removal of the journal is not durable. Throws OutboxUnwritable if that is not possible, and another OperatorError if
 * it is not permitted.
 */
export function openDatabase(file: string): Database {
  try {
    makePrivateFile(file);
    refuseWritableByOthers(file);
    const database = new Database(file, { create: false, readwrite: true, strict: true });
    try {
      setPragmas(database, [['busy_timeout', busyTimeout, busyTimeout]]);
      refuseForeign(database, file);
      refuseNewer(database, file);
      // Set this before the first table is created: it allows the file to shrink later.
      if (schemaVersion(database) === 0) database.run('PRAGMA auto_vacuum = INCREMENTAL');
      setPragmas(database, [
        ['journal_mode', 'DELETE', 'delete'],
        ['synchronous', 'EXTRA', 3],
        ['foreign_keys', 'ON', 1],
      ]);
      copyOutboxBeforeMigration(database, file, migrations.length);
      migrate(database, migrations);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw unwritable('open the outbox', file, error);
  }
}

function refuseNewer(database: Database, file: string): void {
  const version = schemaVersion(database);
  if (version <= migrations.length) return;
  throw new OperatorError(
    `the outbox ${file} was written by a newer version (schema ${version}, this one knows ${migrations.length}): install the newer hpc-collector, or put back the copy that it made before it changed the file (README: Upgrade and go back)`,
  );
}

/** Returns the bytes of the file in use; the rest is free for reuse. */
export function usedBytes(database: Database): number {
  const pages = Number(readPragma(database, 'page_count')) - Number(readPragma(database, 'freelist_count'));
  return pages * Number(readPragma(database, 'page_size'));
}
