import type { Database } from 'bun:sqlite';
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a database file with mode 0600 in a directory with mode 0700 if it does not exist; returns true if it was
 * created. Never opens an existing file: closing any descriptor of a file drops the locks that SQLite holds on it
 * (howtocorrupt.html §2.2).
 */
export function makePrivateFile(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (statSync(path).isDirectory()) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
    return false;
  }
}

/** A pragma: its name, its new value, and the value that it then reads as. */
export type Pragma = readonly [name: string, value: string | number, readBack: string | number];

/**
 * Sets pragmas and reads them back, because SQLite silently ignores what it cannot apply. Throws an Error that names
 * the pragma.
 */
export function setPragmas(database: Database, pragmas: readonly Pragma[]): void {
  for (const [name, value, readBack] of pragmas) {
    database.run(`PRAGMA ${name} = ${value}`);
    const actual = readPragma(database, name);
    if (actual !== readBack)
      throw new Error(`SQLite does not apply ${name}=${value} to this file (it stays ${String(actual)})`);
  }
}

export function readPragma(database: Database, name: string): unknown {
  const row = database.query<Record<string, unknown>, []>(`PRAGMA ${name}`).get();
  return row ? Object.values(row)[0] : undefined;
}

/** Returns the number of migrations that were applied to a file. */
export function schemaVersion(database: Database): number {
  return Number(readPragma(database, 'user_version'));
}

/** Applies the missing migrations, all or none. Safe if two programs do so at once. */
export function migrate(database: Database, steps: readonly string[]): void {
  if (schemaVersion(database) === steps.length) return;
  database
    .transaction(() => {
      // Read the version again: only the value read under the lock is reliable.
      const version = schemaVersion(database);
      if (version === steps.length) return;
      for (const step of steps.slice(version)) database.run(step);
      database.run(`PRAGMA user_version = ${steps.length}`);
    })
    .immediate();
}

/** Returns the code of an error of SQLite (`SQLITE_FULL`) or of the system (`ENOENT`); undefined if it has none. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : undefined;
}
