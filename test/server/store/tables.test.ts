import { expect, test } from 'bun:test';
import { openStore } from '../../../src/server/store/open.ts';
import type { Reader } from '../../../src/server/store/port.ts';
import { sizesByKind } from '../../../src/server/store/statistics.ts';
import { tables } from '../../../src/server/store/tables.ts';
import { freshDatabase, overEngines, startForTest } from '../helper.ts';
import { leastTotals } from '../samples.ts';

/** The columns of each table of a new database, as `TABLE.COLUMN`. */
async function columnsOf(reader: Reader, isSqlite: boolean): Promise<string[]> {
  const rows = await reader.all<{ name: string }>(
    isSqlite
      ? `SELECT m.name || '.' || c.name AS name FROM sqlite_schema m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`
      : `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name NOT IN ('receiver_schema', 'imports')`,
  );
  return rows.map((row) => row.name).sort();
}

/** What the columns must be, by the SQLite file. */
async function sqliteColumns(): Promise<string[]> {
  const { database, remove } = await freshDatabase('SQLite');
  const store = await openStore(database);
  const columns = await columnsOf(store, true);
  await store.close();
  remove();
  return columns;
}

overEngines((engine) => {
  test('a new database has the same tables and columns, and each table has a kind', async () => {
    const { database, remove } = await freshDatabase(engine);
    const store = await openStore(database);
    const columns = await columnsOf(store, engine === 'SQLite');
    await store.close();
    remove();
    expect(columns).toEqual(await sqliteColumns());
    const names = new Set(columns.map((column) => column.split('.')[0] ?? ''));
    expect([...names].sort()).toEqual(tables.map(({ name }) => name).sort());
  });

  test('the sizes grow with the rows', async () => {
    const receiver = await startForTest({ engine });
    await receiver.post('derecho', leastTotals);
    const store = await openStore(receiver.database);
    const sizes = new Map((await sizesByKind(store)).map((size) => [size.kind, size]));
    expect(sizes.get('snapshots')).toMatchObject({ rows: 1, bytes: expect.any(Number) });
    expect(sizes.get('users and keys')?.rows).toBe(1);
    const before = sizes.get('jobs')?.bytes ?? 0;
    const target = { table: 'clusters', columns: ['name', 'last_received_at'], key: ['name'] };
    const rows = Array.from({ length: 2000 }, (_, index) => [`cluster-${index}`, '']);
    await store.transaction((writer) => writer.insertMany(target, rows));
    const after = (await sizesByKind(store)).find(({ kind }) => kind === 'jobs');
    expect(after?.rows).toBe(2000);
    expect(after?.bytes).toBeGreaterThan(before + 2000 * 10);
    await store.close();
    await receiver.remove();
  });
});
