import { constants, Database } from 'bun:sqlite';
import { chmodSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { messageOf, OperatorError } from '../../lib/errors.ts';
import { copyBeforeMigration } from '../../lib/migration-copy.ts';
import { codeOf, makePrivateFile, migrate, readPragma, schemaVersion, setPragmas } from '../../lib/sqlite.ts';
import { migrations } from './migrations.ts';

/** "hpcr" in the header of the file tells a receiver's database from an outbox and from any other database. */
export const applicationId = 0x68706372;

/** Longer than any write of another process, in milliseconds. After it, SQLite throws SQLITE_BUSY. */
export const busyTimeoutMs = 5000;

/**
 * Opens the receiver's database file for writing, and makes or migrates it first. The file is readable by its owner
 * only. A file that is not a receiver's database is not changed. The caller closes the connection.
 * @throws OperatorError if it cannot be opened, is not a receiver's database or is newer than this program
 */
export function openFile(path: string): Database {
  try {
    // The file holds the hashes of its users' passwords.
    if (!makePrivateFile(path)) {
      refuseForeign(path);
      chmodSync(path, 0o600);
    }
    const database = new Database(path, { create: false, readwrite: true, strict: true });
    try {
      configure(database);
      refuseNewer(database, path);
      copyBeforeMigration(database, path, migrations.length);
      // Before the migrations: a crash between the two must not leave a file that is refused as another program's.
      if (readPragma(database, 'application_id') !== applicationId)
        database.run(`PRAGMA application_id = ${applicationId}`);
      migrate(database, migrations);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`Cannot open the receiver's database ${path}: ${messageOf(error)}. ${remedyFor(error)}`, {
      cause: error,
    });
  }
}

/**
 * Looks at a file without locking or changing it, and without making `-wal` and `-shm` files beside it.
 * @throws OperatorError if it is not a regular file, or another program's database
 */
function refuseForeign(path: string): void {
  if (!statSync(path).isFile()) {
    throw new OperatorError(`${path} is not a regular file: name another file for the receiver's database.`);
  }
  const flags = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI;
  const database = new Database(`${pathToFileURL(path).href}?immutable=1`, flags);
  try {
    const id = readPragma(database, 'application_id');
    const tables = database.query<{ n: number }, []>('SELECT count(*) AS n FROM sqlite_master').get()?.n ?? 0;
    if (id === applicationId || (id === 0 && tables === 0)) return;
    throw new OperatorError(`${path} is another program's SQLite database: name another file for the receiver's.`);
  } finally {
    database.close();
  }
}

function configure(database: Database): void {
  try {
    setPragmas(database, [
      ['busy_timeout', busyTimeoutMs, busyTimeoutMs],
      // A commit must be on the disk before the client gets 201. In WAL mode, only FULL ensures this.
      ['journal_mode', 'WAL', 'wal'],
      ['synchronous', 'FULL', 2],
      ['foreign_keys', 'ON', 1],
    ]);
  } catch (error) {
    if (codeOf(error) !== undefined) throw error;
    throw new OperatorError(`The receiver's database: ${messageOf(error)}: put it on a local disk.`, { cause: error });
  }
}

function refuseNewer(database: Database, path: string): void {
  const version = schemaVersion(database);
  if (version <= migrations.length) return;
  throw new OperatorError(
    `${path} was written by a newer hpc-collector (schema ${version}, this one knows ${migrations.length}): update this one.`,
  );
}

const remedies: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'It is not an SQLite database: move it away or name another file.',
  SQLITE_CORRUPT: 'It is damaged: move it away with its -wal and -shm files, and restore a copy.',
  SQLITE_BUSY: 'Another program holds it: stop that program, or try again.',
  SQLITE_FULL: 'The disk is full: make room.',
};

function remedyFor(error: unknown): string {
  return remedies[codeOf(error) ?? ''] ?? "Check the path, its directory's permissions and the free space.";
}
