import type { Database } from 'bun:sqlite';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a file for a database, with its directory, where it is not there: 0600 in 0700; true if it was made. Never opens
 * one that is there: SQLite loses its locks when somebody else in this process opens and closes a file that it has open.
 */
export function makePrivateFile(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return false;
  }
}

/** A setting: its name, what it is set to, and what it then reads as. */
export type Pragma = readonly [name: string, value: string | number, readBack: string | number];

/** Sets pragmas and reads them back: SQLite passes over what it cannot apply. Throws an Error that names the one. */
export function setPragmas(database: Database, pragmas: readonly Pragma[]): void {
  for (const [name, value, readBack] of pragmas) {
    database.run(`PRAGMA ${name} = ${value}`);
    const actual = readPragma(database, name);
    if (actual !== readBack)
      throw new Error(`it cannot have ${name}=${value} where it is (it stays ${String(actual)})`);
  }
}

export function readPragma(database: Database, name: string): unknown {
  const row = database.query<Record<string, unknown>, []>(`PRAGMA ${name}`).get();
  return row ? Object.values(row)[0] : undefined;
}

/** How many of the migration steps a file has had. */
export function schemaVersion(database: Database): number {
  return Number(readPragma(database, 'user_version'));
}

/** Takes the steps that a file lacks, all of them or none. Two programs may do so at once. */
export function migrate(database: Database, steps: readonly string[]): void {
  if (schemaVersion(database) === steps.length) return;
  database
    .transaction(() => {
      // It counts only under the lock.
      const version = schemaVersion(database);
      if (version === steps.length) return;
      for (const step of steps.slice(version)) database.run(step);
      database.run(`PRAGMA user_version = ${steps.length}`);
    })
    .immediate();
}

/** The code of an error of SQLite (`SQLITE_FULL`) or of the system (`ENOENT`); undefined where it has none. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : undefined;
}
