import type { Store, Writer } from './port.ts';

/** A commit takes about 5 ms. Transactions that come within this time share one: 575 a second instead of 171. */
const collectMs = 10;

/** A connection on which transactions run one after the other. Its functions throw the errors of the store. */
export type Connection = {
  readonly writer: Writer;
  begin(): Promise<void>;
  /** Runs a statement inside the transaction. */
  execute(sql: string): Promise<void>;
  commit(): Promise<void>;
  /** Does not throw, and does nothing if the database ended the transaction. */
  rollback(): Promise<void>;
  /** False if the database ended the transaction. */
  isOpen(): boolean;
};

/** A transaction that waits for its turn. `run` returns the function that reports success to its caller. */
type Unit = {
  readonly run: () => Promise<() => void>;
  readonly reject: (error: unknown) => void;
  /** True if it has a transaction of its own on another connection. */
  readonly isElsewhere: boolean;
};

/**
 * Runs transactions one after the other on a connection, and commits those that came together at once. A transaction
 * that throws is rolled back alone, to its savepoint.
 */
export function createGroupCommit(connection: Connection): Pick<Store, 'transaction' | 'elsewhere'> {
  const waiting: Unit[] = [];
  let isRunning = false;

  async function runAll(): Promise<void> {
    isRunning = true;
    while (waiting.length > 0) {
      await Bun.sleep(collectMs);
      const [next] = waiting;
      if (next?.isElsewhere) {
        waiting.shift();
        await runElsewhere(connection, next);
        continue;
      }
      const end = waiting.findIndex(({ isElsewhere }) => isElsewhere);
      await commitTogether(connection, waiting.splice(0, end < 0 ? waiting.length : end));
    }
    isRunning = false;
  }

  function inTurn<Result>(isElsewhere: boolean, work: (writer: Writer) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const run = async () => {
        const result = await work(connection.writer);
        return () => resolve(result);
      };
      waiting.push({ run, reject, isElsewhere });
      if (!isRunning) void runAll();
    });
  }

  return {
    transaction: (work) => inTurn(false, work),
    elsewhere: (work) => inTurn(true, work),
  };
}

/** Does not throw: the unit gets its result or an error. */
async function runElsewhere(connection: Connection, { run, reject }: Unit): Promise<void> {
  try {
    // If this connection cannot write, the other one must not: its file may be another one.
    await connection.begin();
    await connection.rollback();
    const succeed = await run();
    succeed();
  } catch (error) {
    reject(error);
  }
}

/** Does not throw: each unit gets its result or an error. */
async function commitTogether(connection: Connection, group: readonly Unit[]): Promise<void> {
  const succeeded: (() => void)[] = [];
  try {
    await connection.begin();
    for (const unit of group) {
      const succeed = await runInSavepoint(connection, unit);
      if (succeed) succeeded.push(succeed);
    }
    await connection.commit();
  } catch (error) {
    await connection.rollback();
    for (const unit of group) unit.reject(error);
    return;
  }
  for (const succeed of succeeded) succeed();
}

/** Returns null if the unit was rolled back. Throws if the database ended the transaction, as SQLite does on a full disk. */
async function runInSavepoint(connection: Connection, unit: Unit): Promise<(() => void) | null> {
  await connection.execute('SAVEPOINT unit');
  try {
    const succeed = await unit.run();
    await connection.execute('RELEASE SAVEPOINT unit');
    return succeed;
  } catch (error) {
    if (!connection.isOpen()) throw error;
    await connection.execute('ROLLBACK TO SAVEPOINT unit');
    await connection.execute('RELEASE SAVEPOINT unit');
    unit.reject(error);
    return null;
  }
}
