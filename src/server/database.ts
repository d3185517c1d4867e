import { Database, SQLiteError } from 'bun:sqlite';
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, OperatorError } from '../lib/errors.ts';
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
    makeFile(path);
    const database = new Database(path, { create: false, readwrite: true, strict: true });
    try {
      refuseForeign(database, path);
      setPragmas(database);
      migrate(database, path);
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

function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    // Exclusively: SQLite loses its locks when somebody else in this process opens and closes a file that it has open.
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  // SQLite gives the -wal and -shm files the mode of the database.
  chmodSync(path, 0o600);
}

function refuseForeign(database: Database, path: string): void {
  const id = pragma(database, 'application_id');
  const tables = database.query<{ n: number }, []>('SELECT count(*) AS n FROM sqlite_master').get()?.n ?? 0;
  if (id === applicationId || (id === 0 && tables === 0)) return;
  throw new OperatorError(`${path} is another program's SQLite database, not a receiver's: give another file.`);
}

function setPragmas(database: Database): void {
  const wanted = [
    ['busy_timeout', busyTimeoutMs, busyTimeoutMs],
    // A commit is on the disk before the client hears 201: in WAL mode that takes FULL.
    ['journal_mode', 'WAL', 'wal'],
    ['synchronous', 'FULL', 2],
    ['foreign_keys', 'ON', 1],
  ] as const;
  for (const [name, value, readBack] of wanted) {
    database.run(`PRAGMA ${name} = ${value}`);
    const actual = pragma(database, name);
    // SQLite does not complain about a setting that it cannot apply, such as WAL on some network filesystems.
    if (actual !== readBack) {
      throw new OperatorError(
        `The receiver's database cannot have ${name}=${value} where it is (it stays ${actual}): put it on a local disk.`,
      );
    }
  }
}

function migrate(database: Database, path: string): void {
  database
    .transaction(() => {
      const version = Number(pragma(database, 'user_version'));
      if (version > migrations.length) {
        throw new OperatorError(
          `${path} was written by a newer hpc-collector (schema ${version}, this one knows ${migrations.length}): update this one.`,
        );
      }
      for (const migration of migrations.slice(version)) database.run(migration);
      if (version === migrations.length) return;
      database.run(`PRAGMA application_id = ${applicationId}`);
      database.run(`PRAGMA user_version = ${migrations.length}`);
    })
    .immediate();
}

function pragma(database: Database, name: string): unknown {
  const row = database.query<Record<string, unknown>, []>(`PRAGMA ${name}`).get();
  return row ? Object.values(row)[0] : undefined;
}

const mends: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'It is not an SQLite database: move it away or give another file.',
  SQLITE_CORRUPT: 'It is damaged: move it away with its -wal and -shm files, and restore a copy.',
  SQLITE_BUSY: 'Another program holds it: stop that, or try again.',
  SQLITE_FULL: 'The disk is full: make room.',
};

function mendFor(error: unknown): string {
  const code = error instanceof SQLiteError ? (error.code ?? '') : '';
  return mends[code] ?? "Check the path, its directory's permissions and the free space.";
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
