import { Database } from 'bun:sqlite';
import { OperatorError } from '../lib/errors.ts';
import { migrate, schemaVersion } from '../lib/sqlite.ts';
import { fileExists } from './files.ts';
import { migrations } from './migrations.ts';
import { refuseWritableByOthers } from './others.ts';
import { isDamage, refuseForeign } from './recovery/damage.ts';
import { refuseOtherFile } from './recovery/other-file.ts';

/** How long a reader waits for a writer, in milliseconds. */
const busyTimeout = 5000;

/**
 * Opens the database of the outbox to read it; null if there is none. Of a file with an older schema it returns a copy
 * in memory with the current schema, because the file itself is migrated only by the host that writes it. Throws
 * OperatorError if this version cannot read it, and SQLite's own error if it is damaged.
 */
export function openToRead(file: string): Database | null {
  if (!fileExists(file)) return null;
  refuseWritableByOthers(file);
  // Not `readonly`: SQLite could not roll back the unfinished transaction of a killed writer, and not read the file.
  const database = new Database(file, { create: false, readwrite: true, strict: true });
  try {
    database.run(`PRAGMA busy_timeout = ${busyTimeout}`);
    database.run('PRAGMA query_only = ON');
    refuseForeign(database, file);
    const version = schemaVersion(database);
    if (version > migrations.length)
      throw new OperatorError(`the outbox ${file} was written by a newer version: install the newer hpc-collector`);
    return version < migrations.length ? migratedCopy(database) : database;
  } catch (error) {
    database.close();
    if (isDamage(error)) refuseOtherFile(file);
    throw error;
  }
}

/** Copies a database into memory, migrates the copy, and closes the original. */
function migratedCopy(database: Database): Database {
  const bytes = database.serialize();
  const copy =
    bytes.length === 0 ? new Database(':memory:', { strict: true }) : Database.deserialize(bytes, { strict: true });
  database.close();
  migrate(copy, migrations);
  copy.run('PRAGMA query_only = ON');
  return copy;
}
