import { Database } from 'bun:sqlite';
import { chmodSync } from 'node:fs';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { codeOf, makePrivateFile, migrate, readPragma, schemaVersion, setPragmas } from '../lib/sqlite.ts';
import { migrations } from './migrations.ts';

/** "hpcr", in the file's header: an outbox given by mistake must not be taken for a receiver's database. */
const applicationId = 0x68706372;

/** Longer than any write of another process; then it is SQLITE_BUSY. */
const busyTimeoutMs = 5000;

/**
 * Opens the receiver's database, making or migrating it; the file is readable by its owner only. The caller closes it.
 * @throws OperatorError when it cannot be opened, is not a receiver's database or is newer than this program
 */
export function openDatabase(path: string): Database {
  try {
    // The passwords of its users are in it, as hashes.
    if (!makePrivateFile(path)) chmodSync(path, 0o600);
    const database = new Database(path, { create: false, readwrite: true, strict: true });
    try {
      refuseForeign(database, path);
      configure(database);
      refuseNewer(database, path);
      migrate(database, migrations);
      if (readPragma(database, 'application_id') !== applicationId)
        database.run(`PRAGMA application_id = ${applicationId}`);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`Cannot open the receiver's database ${path}: ${messageOf(error)}. ${mendFor(error)}`, {
      cause: error,
    });
  }
}

function refuseForeign(database: Database, path: string): void {
  const id = readPragma(database, 'application_id');
  const tables = database.query<{ n: number }, []>('SELECT count(*) AS n FROM sqlite_master').get()?.n ?? 0;
  if (id === applicationId || (id === 0 && tables === 0)) return;
  throw new OperatorError(`${path} is another program's SQLite database, not a receiver's: give another file.`);
}

function configure(database: Database): void {
  try {
    setPragmas(database, [
      ['busy_timeout', busyTimeoutMs, busyTimeoutMs],
      // A commit is on the disk before the client hears 201: in WAL mode that takes FULL.
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

const mends: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'It is not an SQLite database: move it away or give another file.',
  SQLITE_CORRUPT: 'It is damaged: move it away with its -wal and -shm files, and restore a copy.',
  SQLITE_BUSY: 'Another program holds it: stop that, or try again.',
  SQLITE_FULL: 'The disk is full: make room.',
};

function mendFor(error: unknown): string {
  return mends[codeOf(error) ?? ''] ?? "Check the path, its directory's permissions and the free space.";
}
