import { Database } from 'bun:sqlite';
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { type PostgresAddress, shownAddress } from '../../config/postgres.ts';
import { OperatorError } from '../../lib/errors.ts';
import { readPragma, schemaVersion } from '../../lib/sqlite.ts';
import { Unstorable } from './errors.ts';
import { migrations } from './migrations.ts';
import { withStore } from './open.ts';
import type { Reader, Store, Value, Writer } from './port.ts';
import { readerOf } from './sqlite.ts';
import { applicationId } from './sqlite-file.ts';
import { rowsOf } from './statistics.ts';
import { type StoredTable, tables } from './tables.ts';

/** Says how many rows of a table are copied. */
export type TransferProgress = (table: string, copied: number, total: number) => void;

type Row = Record<string, Value>;

/** Snapshots are the largest rows: so many take some megabytes. */
const sliceRows = 200;

/**
 * Copies a receiver's SQLite file to an empty PostgreSQL database and compares the copy with the file. A copy that was
 * interrupted goes on after its last row. The file is only read. Returns the number of copied rows.
 * @throws OperatorError if either cannot be used, or if the copy differs from the file
 */
export async function transfer(file: string, target: PostgresAddress, progress: TransferProgress): Promise<number> {
  const database = openSource(file);
  try {
    // One transaction sees the file as it is now, even if a receiver writes to it.
    database.run('BEGIN');
    const source = readerOf(database, () => undefined);
    const name = realpathSync(file);
    return await withStore(target, async (store) => {
      await store.transaction((writer) => beginImport(writer, name, shownAddress(target)));
      for (const table of tables) await copyTable(source, store, table, progress);
      let rows = 0;
      for (const table of tables) rows += await compare(source, store, table);
      await store.transaction((writer) => endImport(writer, name));
      return rows;
    });
  } finally {
    database.close();
  }
}

function openSource(file: string): Database {
  if (!existsSync(file)) throw new OperatorError(`There is no database ${file}: give --from FILE.`);
  const database = new Database(file, { readonly: true, strict: true });
  const isReceivers = readPragma(database, 'application_id') === applicationId;
  const version = isReceivers ? schemaVersion(database) : null;
  if (version === migrations.length) return database;
  database.close();
  throw new OperatorError(
    version === null
      ? `${file} is not a receiver's database: give --from FILE.`
      : `${file} has schema ${version}, and this program copies schema ${migrations.length}: start serve of this version on it once.`,
  );
}

/** @throws OperatorError if the target has other data than an unfinished copy of the same file */
async function beginImport(writer: Writer, source: string, target: string): Promise<void> {
  const before = await writer.get<{ source: string; finished: number }>('SELECT source, finished FROM imports');
  if (before?.source === source && before.finished === 0) return;
  const counts = await Promise.all(tables.map(({ name }) => rowsOf(writer, name)));
  if (before || counts.some((rows) => rows > 0)) {
    throw new OperatorError(`${target} has data: give an empty database, or drop this one and make it again.`);
  }
  await writer.run('INSERT INTO imports (source, finished) VALUES ($1, 0)', source);
}

/** Lets the ids of new rows begin after the copied ones. */
async function endImport(writer: Writer, source: string): Promise<void> {
  for (const { name, key } of tables) {
    if (key[0] !== 'id') continue;
    const next =
      (await writer.get<{ next: number }>(`SELECT coalesce(max(id), 0) + 1 AS next FROM ${name}`))?.next ?? 1;
    await writer.run(`ALTER TABLE ${name} ALTER COLUMN id RESTART WITH ${next}`);
  }
  await writer.run('UPDATE imports SET finished = 1 WHERE source = $1', source);
}

async function copyTable(source: Reader, store: Store, table: StoredTable, progress: TransferProgress): Promise<void> {
  const total = await rowsOf(source, table.name);
  let copied = await rowsOf(store, table.name);
  const order = table.key.map((column) => `${column} DESC`).join(', ');
  const last = await store.get<Row>(`SELECT ${table.key.join(', ')} FROM ${table.name} ORDER BY ${order} LIMIT 1`);
  for await (const rows of slices(source, table, last)) {
    const columns = Object.keys(rows[0] ?? {});
    const values = rows.map((row) => columns.map((column) => row[column] ?? null));
    try {
      await store.transaction((writer) => writer.insertMany({ table: table.name, columns, key: table.key }, values));
    } catch (error) {
      if (!(error instanceof Unstorable)) throw error;
      const first = table.key.map((column) => rows[0]?.[column]).join(' ');
      throw new OperatorError(
        `A row of ${table.name} from ${first} on has the character NUL, which PostgreSQL cannot store: change it in the file.`,
        { cause: error },
      );
    }
    copied += rows.length;
    progress(table.name, copied, total);
  }
}

/** Yields the rows of a table after a key, in the order of the keys. */
async function* slices(reader: Reader, { name, key }: StoredTable, after: Row | null): AsyncGenerator<Row[]> {
  const columns = key.join(', ');
  let last = after;
  for (;;) {
    const values: Value[] = last === null ? [] : key.map((column) => last?.[column] ?? null);
    const where = last === null ? '' : `WHERE (${columns}) > (${values.map((_, index) => `$${index + 1}`).join(', ')})`;
    const rows = await reader.all<Row>(
      `SELECT * FROM ${name} ${where} ORDER BY ${columns} LIMIT ${sliceRows}`,
      ...values,
    );
    if (rows.length > 0) yield rows;
    last = rows.at(-1) ?? null;
    if (rows.length < sliceRows) return;
  }
}

/** Returns the number of rows. @throws OperatorError if the copy has other rows than the file */
async function compare(source: Reader, store: Reader, table: StoredTable): Promise<number> {
  const [wanted, copied] = await Promise.all([fingerprint(source, table), fingerprint(store, table)]);
  if (wanted.rows === copied.rows && wanted.sha256 === copied.sha256) return wanted.rows;
  throw new OperatorError(
    `The copy of ${table.name} differs from the file (${copied.rows} and ${wanted.rows} rows): stop the receivers, drop the database, make it again and repeat the command.`,
  );
}

async function fingerprint(reader: Reader, table: StoredTable): Promise<{ rows: number; sha256: string }> {
  const hash = createHash('sha256');
  let rows = 0;
  for await (const slice of slices(reader, table, null)) {
    rows += slice.length;
    for (const row of slice) hash.update(`${JSON.stringify(Object.entries(row).sort(byName).map(comparable))}\n`);
  }
  return { rows, sha256: hash.digest('hex') };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function comparable([name, value]: [string, Value]): [string, string | number | null] {
  return [name, value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value];
}
