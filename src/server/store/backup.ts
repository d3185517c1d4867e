import { Database } from 'bun:sqlite';
import { existsSync, statSync } from 'node:fs';
import { messageOf, OperatorError } from '../../lib/errors.ts';
import { copyDatabase } from '../../lib/migration-copy.ts';
import { readPragma, setPragmas } from '../../lib/sqlite.ts';
import { applicationId, busyTimeoutMs } from './sqlite-file.ts';

/**
 * Copies a receiver's database to a new file with mode 0600, and checks the copy. A receiver may write meanwhile: the
 * copy has every transaction that was committed before. Returns its size in bytes.
 * @throws OperatorError if there is no such database, if the copy exists, or if it cannot be made
 */
export function backUp(path: string, copy: string): number {
  if (!existsSync(path)) throw new OperatorError(`There is no database ${path}: give --database FILE.`);
  if (existsSync(copy)) throw new OperatorError(`${copy} exists: give the name of a new file.`);
  try {
    const database = new Database(path, { readonly: true });
    try {
      setPragmas(database, [['busy_timeout', busyTimeoutMs, busyTimeoutMs]]);
      if (readPragma(database, 'application_id') !== applicationId) {
        throw new OperatorError(`${path} is not a receiver's database: give --database FILE.`);
      }
      copyDatabase(database, copy, check);
    } finally {
      database.close();
    }
    return statSync(copy).size;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `Cannot copy ${path} to ${copy}: ${messageOf(error)}. Check the directory and its free space.`,
      {
        cause: error,
      },
    );
  }
}

function check(copy: string): void {
  const database = new Database(copy, { readonly: true });
  try {
    const result = readPragma(database, 'quick_check');
    if (result !== 'ok') throw new Error(`the copy is damaged: ${String(result)}`);
  } finally {
    database.close();
  }
}
