import { type PostgresAddress, shownAddress } from '../../config/postgres.ts';
import { exitCodes, messageOf, OperatorError } from '../../lib/errors.ts';
import { Unavailable } from './errors.ts';
import { type Connection, createGroupCommit } from './group-commit.ts';
import type { Reader, Store, Target, Value, Writer } from './port.ts';
import {
  createClient,
  type Limits,
  type OwnSession,
  type PostgresClient,
  type PostgresSession,
} from './postgres-client.ts';
import { migratePostgres, postgresMigrations, stateTable } from './postgres-schema.ts';

/** Together with the connecting, a request fails within 10 s. */
const limits: Limits = { statement: 5000, answer: 6000, lock: 5000 };
/** The building of an index takes minutes. */
const migrationLimits: Limits = { statement: 0, answer: 1_800_000, lock: 1_800_000 };
const readingConnections = 8;
const sliceRows = 2000;

/**
 * Opens a PostgreSQL database as the receiver's store: one connection for all writes and some for reads. Several
 * receivers can share a database: a transaction holds the lock of a row, so that one receiver writes at a time.
 * @throws OperatorError if the database cannot be used or is newer than this program
 */
export async function openPostgres(address: PostgresAddress): Promise<Store> {
  await prepare(address);
  const reading = createClient(address, readingConnections, limits);
  const writing = createClient(address, 1, limits);
  const reader = readerOf(reading);
  const { transaction, elsewhere } = createGroupCommit(connectionTo(writing));
  return {
    ...reader,
    transaction,
    elsewhere,
    async bytesOf(table) {
      const sql = 'SELECT pg_total_relation_size($1::text::regclass) AS bytes';
      return (await reader.get<{ bytes: number }>(sql, table))?.bytes ?? 0;
    },
    async size() {
      const sql = 'SELECT pg_database_size(current_database()) AS bytes';
      return (await reader.get<{ bytes: number }>(sql))?.bytes ?? 0;
    },
    async close() {
      // Transactions run in the order of their calls.
      await transaction(() => Promise.resolve()).catch(() => undefined);
      await Promise.all([reading.close(), writing.close()]);
    },
  };
}

/** Returns a reader for a thread of its own, which connects when it is first used. */
export function openPostgresReader(address: PostgresAddress): Reader {
  return readerOf(createClient(address, 1, limits));
}

async function prepare(address: PostgresAddress): Promise<void> {
  const client = createClient(address, 1, migrationLimits);
  try {
    await migratePostgres(await client.session());
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const where = shownAddress(address);
    throw new OperatorError(`Cannot use the receiver's database ${where}: ${messageOf(error)}. ${remedy(error)}`, {
      cause: error,
      exitCode: error instanceof Unavailable && error.reason !== 'failed' ? exitCodes.failed : exitCodes.fatal,
    });
  } finally {
    await client.close();
  }
}

function remedy(error: unknown): string {
  return error instanceof Unavailable && error.reason !== 'failed'
    ? 'Check that the server runs and can be reached from here: pg_isready.'
    : 'Check the database, the user and its rights, and the password (PGPASSFILE).';
}

function readerOf(session: PostgresSession): Reader {
  return {
    all: async <Row>(sql: string, ...values: readonly Value[]) => (await session.query<Row>(sql, values)).rows,
    get: async <Row>(sql: string, ...values: readonly Value[]) =>
      (await session.query<Row>(sql, values)).rows[0] ?? null,
  };
}

function writerOf(session: PostgresSession): Writer {
  return {
    ...readerOf(session),
    run: async (sql, ...values) => (await session.query(sql, values)).count,
    async insertMany(target, rows) {
      const sql = insertInto(target);
      for (const slice of slicesOf(target, rows)) await session.query(sql, [JSON.stringify(slice)]);
    },
  };
}

/** Returns an INSERT of a JSON list of rows that replace rows with the same key. */
export function insertInto({ table, columns, key, added = [] }: Target): string {
  const quoted = columns.map((column) => `"${column}"`);
  const changes = columns
    .filter((column) => !key.includes(column))
    .map((column) => `"${column}" = ${added.includes(column) ? `${table}."${column}" + ` : ''}excluded."${column}"`);
  // Without ::text, Bun would send a JSON string in the place of the list.
  return `INSERT INTO ${table} (${quoted.join(', ')})
    SELECT ${quoted.join(', ')} FROM json_populate_recordset(NULL::${table}, $1::text::json)
    ON CONFLICT (${key.map((column) => `"${column}"`).join(', ')}) DO UPDATE SET
    ${changes.join(', ')}`;
}

/**
 * Yields the rows as objects. A slice has the last of two rows with one key: PostgreSQL refuses to change a row twice.
 * Rows without the columns of the key are all new.
 */
function* slicesOf({ columns, key }: Target, rows: Iterable<readonly Value[]>): Generator<unknown[]> {
  const hasKey = key.every((column) => columns.includes(column));
  let slice = new Map<string, Record<string, unknown>>();
  for (const row of rows) {
    const entry: Record<string, unknown> = {};
    for (const [index, column] of columns.entries()) entry[column] = jsonValue(row[index] ?? null);
    slice.set(hasKey ? JSON.stringify(key.map((column) => entry[column])) : String(slice.size), entry);
    if (slice.size < sliceRows) continue;
    yield [...slice.values()];
    slice = new Map();
  }
  if (slice.size > 0) yield [...slice.values()];
}

function jsonValue(value: Value): string | number | null {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  return typeof value === 'string' ? value.toWellFormed() : value;
}

/** Returns the writing connection. It is made again after it was lost, never inside a transaction. */
function connectionTo(client: PostgresClient): Connection {
  let session: OwnSession | null = null;
  let isOpen = false;

  const current: PostgresSession = {
    query(sql, values) {
      if (session === null) throw new Error('there is no transaction');
      return session.query(sql, values);
    },
  };
  async function execute(sql: string): Promise<void> {
    await current.query(sql);
  }
  async function begin(): Promise<void> {
    session ??= await client.session();
    await execute('BEGIN');
    isOpen = true;
    await requireSchema(current);
  }
  return {
    writer: writerOf(current),
    async begin() {
      const isOld = session !== null;
      try {
        await begin();
      } catch (error) {
        // The server may have closed the connection long ago, as at a restart.
        if (!isOld || !session?.isLost()) throw error;
        session = null;
        await begin();
      }
    },
    execute,
    async commit() {
      await execute('COMMIT');
      isOpen = false;
    },
    async rollback() {
      if (isOpen && !session?.isLost()) await execute('ROLLBACK').catch(() => undefined);
      isOpen = false;
      if (session?.isLost()) session = null;
    },
    isOpen: () => isOpen && !session?.isLost(),
  };
}

/** Locks the row that every transaction locks. Receivers of different versions must not write into one database. */
async function requireSchema(session: PostgresSession): Promise<void> {
  const { rows } = await session.query<{ version: number }>(
    `SELECT version FROM ${stateTable} WHERE id = 1 FOR UPDATE`,
  );
  const version = rows[0]?.version;
  if (version === postgresMigrations.length) return;
  throw new Unavailable(
    'replaced',
    `the receiver's database has schema ${version ?? 'unknown'}, and this program writes ${postgresMigrations.length}: restart it with the newest version`,
  );
}
