import { Database } from 'bun:sqlite';
import { setPragmas } from '../../lib/sqlite.ts';
import { storeError } from './errors.ts';
import { type Connection, createGroupCommit } from './group-commit.ts';
import type { Reader, Store, Target, Value, Writer } from './port.ts';
import { watchFiles } from './same-file.ts';
import { busyTimeoutMs, openFile } from './sqlite-file.ts';

/** Rows that are inserted in about 15 ms, after which other requests have their turn. */
const sliceRows = 2000;

/**
 * Opens a database file of SQLite as the receiver's store: one connection for all writes, because two connections of
 * one process would wait for each other's locks without end, and a read-only connection beside it.
 * @throws OperatorError if the file cannot be opened or is not a receiver's database
 */
export function openSqlite(path: string): Store {
  const writing = openFile(path);
  const reading = new Database(path, { readonly: true, strict: true });
  setPragmas(reading, [['busy_timeout', busyTimeoutMs, busyTimeoutMs]]);
  const requireFiles = watchFiles(path);
  const reader = readerOf(reading, requireFiles);
  const { transaction, elsewhere } = createGroupCommit(connectionOf(writing, requireFiles));
  return {
    ...reader,
    transaction,
    elsewhere,
    async bytesOf(table) {
      const sql = `SELECT coalesce(sum(pgsize), 0) AS bytes FROM dbstat
        WHERE aggregate = 1 AND name IN (SELECT name FROM sqlite_schema WHERE tbl_name = $1)`;
      return (await reader.get<{ bytes: number }>(sql, table))?.bytes ?? 0;
    },
    async size() {
      const sql = 'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()';
      return (await reader.get<{ bytes: number }>(sql))?.bytes ?? 0;
    },
    async close() {
      // Transactions run in the order of their calls.
      await transaction(() => Promise.resolve()).catch(() => undefined);
      reading.close();
      writing.close();
    },
  };
}

/**
 * Opens a read-only connection for a thread of its own. It stays open as long as the thread lives.
 * @throws if the file cannot be opened
 */
export function openSqliteReader(path: string): Reader {
  const database = new Database(path, { readonly: true, strict: true });
  setPragmas(database, [['busy_timeout', busyTimeoutMs, busyTimeoutMs]]);
  return readerOf(database, watchFiles(path));
}

/**
 * Returns a connection whose transactions are committed together.
 * @param requireFiles throws if the file of the database is not the one that was opened
 */
export function connectionOf(database: Database, requireFiles: () => void): Connection {
  const execute = async (sql: string) => {
    throwing(() => database.run(sql));
  };
  return {
    writer: writerOf(database),
    async begin() {
      requireFiles();
      await execute('BEGIN IMMEDIATE');
    },
    execute,
    async commit() {
      await execute('COMMIT');
      // After the commit: a file that was deleted meanwhile does not have the rows.
      requireFiles();
    },
    async rollback() {
      if (database.inTransaction) database.run('ROLLBACK');
    },
    isOpen: () => database.inTransaction,
  };
}

/**
 * Returns a reader of a connection.
 * @param before runs before each statement, and throws if the database must not be read
 */
export function readerOf(database: Database, before: () => void): Reader {
  return {
    async all<Row>(sql: string, ...values: readonly Value[]) {
      before();
      return throwing(() => database.query<Row, Value[]>(numbered(sql)).all(...values));
    },
    async get<Row>(sql: string, ...values: readonly Value[]) {
      before();
      return throwing(() => database.query<Row, Value[]>(numbered(sql)).get(...values));
    },
  };
}

function writerOf(database: Database): Writer {
  return {
    ...readerOf(database, () => undefined),
    async run(sql, ...values) {
      return throwing(() => database.query<unknown, Value[]>(numbered(sql)).run(...values).changes);
    },
    async insertMany(target, rows) {
      const statement = database.query<unknown, Value[]>(insertInto(target));
      let inserted = 0;
      for (const row of rows) {
        throwing(() => statement.run(...row));
        inserted += 1;
        if (inserted % sliceRows === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

function throwing<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw storeError(error);
  }
}

/** Rewrites `$2` to `?2`: SQLite takes `$2` for a name, and binds names in the order of their first appearance. */
export function numbered(sql: string): string {
  return sql.replace(/\$(\d+)/g, '?$1');
}

/** Returns an INSERT of one row that replaces a row with the same key. */
export function insertInto({ table, columns, key, added = [] }: Target): string {
  const quoted = columns.map((column) => `"${column}"`);
  const changes = columns
    .filter((column) => !key.includes(column))
    .map((column) => `"${column}" = ${added.includes(column) ? `${table}."${column}" + ` : ''}excluded."${column}"`);
  return `INSERT INTO ${table} (${quoted.join(', ')}) VALUES (${quoted.map((_, index) => `?${index + 1}`).join(', ')})
    ON CONFLICT (${key.map((column) => `"${column}"`).join(', ')}) DO UPDATE SET
    ${changes.join(', ')}`;
}
