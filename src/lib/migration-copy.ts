import type { Database } from 'bun:sqlite';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncPath, unfinishedSuffix } from './durable.ts';
import { schemaVersion } from './sqlite.ts';

/** Returns the path of the copy of a database file that is made before it gets a schema. */
export function migrationCopy(file: string, schema: number): string {
  return `${file}.before-schema-${schema}`;
}

/**
 * Copies a database file that a migration is about to change, so that an operator can go back to the older program. Does
 * nothing for a new or current file, or if there is a copy: it is from before the same migration.
 * @param adjust changes the finished copy before it gets its name
 */
export function copyBeforeMigration(
  database: Database,
  file: string,
  schema: number,
  adjust: (copy: string) => void = () => undefined,
): void {
  const version = schemaVersion(database);
  if (version === 0 || version >= schema) return;
  const copy = migrationCopy(file, schema);
  if (existsSync(copy)) return;
  copyDatabase(database, copy, adjust);
}

/**
 * Copies an open database to a new file with mode 0600, which is complete and on the disk when it gets its name. Others
 * may write to the database meanwhile. A file of that name is kept.
 * @param adjust changes or checks the finished copy before it gets its name
 */
export function copyDatabase(database: Database, copy: string, adjust: (copy: string) => void): void {
  const unfinished = `${copy}.${process.pid}${unfinishedSuffix}`;
  try {
    rmSync(unfinished, { force: true });
    // Create the file first, because SQLite would create one that others can read. It keeps the mode of an empty file.
    closeSync(openSync(unfinished, 'wx', 0o600));
    database.query('VACUUM INTO ?1').run(unfinished);
    adjust(unfinished);
    const descriptor = openSync(unfinished, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
    putInPlace(unfinished, copy);
    syncPath(dirname(copy));
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/**
 * Gives the copy its name. Keeps a copy that another process made in the meantime, because this one can be from after
 * the migration of that process.
 */
function putInPlace(unfinished: string, copy: string): void {
  try {
    linkSync(unfinished, copy);
  } catch {
    // Some network filesystems have no hard links.
    if (!existsSync(copy)) renameSync(unfinished, copy);
  }
}
