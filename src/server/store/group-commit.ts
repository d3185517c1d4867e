import type { Database } from 'bun:sqlite';
import { storeError } from './errors.ts';
import type { Store, Writer } from './port.ts';

/** A commit takes about 5 ms. Transactions that come within this time share one: 575 a second instead of 171. */
const collectMs = 10;

/** A transaction that waits for its turn. `run` returns the function that reports success to its caller. */
type Unit = { readonly run: () => Promise<() => void>; readonly reject: (error: unknown) => void };

/**
 * Runs transactions one after the other on a connection, and commits those that came together at once. A transaction
 * that throws is rolled back alone, to its savepoint.
 * @param requireFiles throws if the file of the database is not the one that was opened
 */
export function createGroupCommit(
  database: Database,
  writer: Writer,
  requireFiles: () => void,
): Pick<Store, 'transaction'> {
  let waiting: Unit[] = [];
  let isRunning = false;

  async function runAll(): Promise<void> {
    isRunning = true;
    while (waiting.length > 0) {
      await Bun.sleep(collectMs);
      const group = waiting;
      waiting = [];
      await commitTogether(database, group, requireFiles);
    }
    isRunning = false;
  }

  return {
    transaction(work) {
      return new Promise((resolve, reject) => {
        const run = async () => {
          const result = await work(writer);
          return () => resolve(result);
        };
        waiting.push({ run, reject });
        if (!isRunning) void runAll();
      });
    },
  };
}

/** Does not throw: each unit gets its result or an error. */
async function commitTogether(database: Database, group: readonly Unit[], requireFiles: () => void): Promise<void> {
  const succeeded: (() => void)[] = [];
  try {
    requireFiles();
    database.run('BEGIN IMMEDIATE');
    for (const unit of group) {
      const succeed = await runInSavepoint(database, unit);
      if (succeed) succeeded.push(succeed);
    }
    database.run('COMMIT');
    // After the commit: a file that was deleted meanwhile does not have the rows.
    requireFiles();
  } catch (error) {
    if (database.inTransaction) database.run('ROLLBACK');
    for (const unit of group) unit.reject(storeError(error));
    return;
  }
  for (const succeed of succeeded) succeed();
}

/** Returns null if the unit was rolled back. Throws if SQLite ended the transaction, as it does on a full disk. */
async function runInSavepoint(database: Database, unit: Unit): Promise<(() => void) | null> {
  database.run('SAVEPOINT unit');
  try {
    const succeed = await unit.run();
    database.run('RELEASE unit');
    return succeed;
  } catch (error) {
    if (!database.inTransaction) throw error;
    database.run('ROLLBACK TO unit');
    database.run('RELEASE unit');
    unit.reject(error);
    return null;
  }
}
