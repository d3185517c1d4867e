import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { Unavailable } from '../../../src/server/store/errors.ts';
import { createGroupCommit } from '../../../src/server/store/group-commit.ts';
import { endsOfJob } from '../../../src/server/store/jobs.ts';
import type { Store, Writer } from '../../../src/server/store/port.ts';
import { connectionOf, openSqlite } from '../../../src/server/store/sqlite.ts';
import { freshDatabasePath } from '../helper.ts';

let path: string;
let store: Store;
let remove: () => void;
beforeEach(() => {
  ({ path, remove } = freshDatabasePath());
  store = openSqlite(path);
});
afterEach(async () => {
  await store.close();
  remove();
});

const insert = (writer: Writer, name: string) =>
  writer.run("INSERT INTO clusters (name, last_received_at) VALUES ($1, '')", name);

async function names(): Promise<string[]> {
  return (await store.all<{ name: string }>('SELECT name FROM clusters ORDER BY name')).map((row) => row.name);
}

test('the runs of a sampled job are found without reading the other jobs of the cluster', async () => {
  const statements: string[] = [];
  const all = async (sql: string) => {
    statements.push(sql);
    return [];
  };
  await endsOfJob({ ...store, all }, 'hpc1', '7');
  const plans = await store.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${statements[0]}`, 'hpc1', '7', '7.', '70');
  const searches = plans.map(({ detail }) => detail).filter((detail) => detail.includes('jobs'));
  expect(searches).toHaveLength(3);
  for (const detail of searches) expect(detail).toMatch(/\(.* AND .*\)/);
});

describe('a transaction', () => {
  test('and a read fail as unavailable after the file was deleted', async () => {
    rmSync(path);
    await expect(store.transaction((writer) => insert(writer, 'a'))).rejects.toThrow(Unavailable);
    await expect(names()).rejects.toMatchObject({ reason: 'replaced', message: expect.stringContaining(path) });
  });

  test('fails if the file was deleted while it was committed', async () => {
    const lost = store.transaction(async (writer) => {
      await insert(writer, 'a');
      rmSync(path);
    });
    await expect(lost).rejects.toMatchObject({ reason: 'replaced' });
  });
});

describe('transactions that come together', () => {
  /** A connection that notes which statements end and begin transactions, and fails those that `fails` names. */
  function noting(fails: string | null = null) {
    const database = new Database(path, { strict: true });
    const noted: string[] = [];
    const run = database.run.bind(database);
    database.run = (sql: string) => {
      noted.push(sql);
      if (sql === fails) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
      return run(sql);
    };
    const { transaction } = createGroupCommit(connectionOf(database, () => undefined));
    return { database, noted, transaction };
  }

  test('share one commit, and none succeeds before it', async () => {
    const { database, noted, transaction } = noting();
    const atSuccess = await Promise.all(
      Array.from({ length: 20 }, (_, index) => transaction(async () => index).then(() => noted.at(-1))),
    );
    expect(new Set(atSuccess)).toEqual(new Set(['COMMIT']));
    expect(noted.filter((sql) => sql === 'COMMIT')).toHaveLength(1);
    database.close();
  });

  test('all fail if the commit fails, and later ones do not', async () => {
    const { database, noted, transaction } = noting('COMMIT');
    const together = await Promise.allSettled([1, 2, 3].map(() => transaction(async () => null)));
    for (const result of together) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(Unavailable) });
    }
    expect(noted.at(-1)).toBe('ROLLBACK');
    expect(database.inTransaction).toBe(false);
    database.close();
    await store.transaction((writer) => insert(writer, 'later'));
    expect(await names()).toEqual(['later']);
  });
});
