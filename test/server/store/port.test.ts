/** The promises of port.ts, which every engine keeps. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { type Location, openStore } from '../../../src/server/store/open.ts';
import type { Store, Writer } from '../../../src/server/store/port.ts';
import { freshDatabase, overEngines } from '../helper.ts';

overEngines((engine) => {
  let database: Location;
  let store: Store;
  let remove: () => void;
  beforeEach(async () => {
    ({ database, remove } = await freshDatabase(engine));
    store = await openStore(database);
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

  test('parameters are bound by their number, in any order in the statement', async () => {
    expect(await store.get('SELECT $2 AS second, $1 AS first, $2 AS again', 'a', 'b')).toEqual({
      second: 'b',
      first: 'a',
      again: 'b',
    });
  });

  test('a statement with eleven parameters binds the eleventh, not the first', async () => {
    const values = Array.from({ length: 11 }, (_, index) => index + 1);
    const row = await store.get('SELECT $11 AS last, $1 AS first, $2, $3, $4, $5, $6, $7, $8, $9, $10', ...values);
    expect(row).toMatchObject({ last: 11, first: 1 });
  });

  describe('a transaction', () => {
    test('is seen by reads after it, and not before', async () => {
      let during: string[] = [];
      await store.transaction(async (writer) => {
        await insert(writer, 'a');
        during = await names();
      });
      expect(during).toEqual([]);
      expect(await names()).toEqual(['a']);
    });

    test('that throws stores nothing, and those that share its commit are stored', async () => {
      const results = await Promise.allSettled([
        store.transaction((writer) => insert(writer, 'a')),
        store.transaction(async (writer) => {
          await insert(writer, 'b');
          throw new Error('on purpose');
        }),
        store.transaction(async (writer) => {
          await insert(writer, 'b');
          await insert(writer, 'a');
        }),
        store.transaction((writer) => insert(writer, 'c')),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
      expect(results[1]).toMatchObject({ reason: new Error('on purpose') });
      expect(await names()).toEqual(['a', 'c']);
    });

    test('does not begin before the one in front of it has ended', async () => {
      const steps: string[] = [];
      const work = (name: string) => async (writer: Writer) => {
        steps.push(`${name} begins`);
        for (let turn = 0; turn < 5; turn++) await writer.get('SELECT 1');
        steps.push(`${name} ends`);
      };
      await Promise.all(['a', 'b', 'c'].map((name) => store.transaction(work(name))));
      expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    });

    test('that is begun while others are committed has its turn', async () => {
      const first = store.transaction((writer) => insert(writer, 'a'));
      const second = first.then(() => store.transaction((writer) => insert(writer, 'b')));
      await Promise.all([first, second]);
      expect(await names()).toEqual(['a', 'b']);
    });

    test('is stored if the store is closed right after it was begun', async () => {
      const begun = store.transaction((writer) => insert(writer, 'a'));
      await store.close();
      await begun;
      store = await openStore(database);
      expect(await names()).toEqual(['a']);
    });
  });

  describe('many rows', () => {
    const target = { table: 'clusters', columns: ['name', 'last_received_at'], key: ['name'] };

    test('are inserted in slices, between which other work runs', async () => {
      let turns = 0;
      const rows = Array.from({ length: 20_000 }, (_, index) => [`c${index}`, '']);
      await store.transaction(async (writer) => {
        const counting = setInterval(() => {
          turns += 1;
        }, 0);
        await writer.insertMany(target, rows);
        clearInterval(counting);
      });
      expect(turns).toBeGreaterThan(3);
      expect(await store.get('SELECT count(*) AS n FROM clusters')).toEqual({ n: 20_000 });
    });

    test('replace the rows with their key, and the last of two wins', async () => {
      await store.transaction((writer) =>
        writer.insertMany(target, [
          ['a', '1'],
          ['b', '1'],
          ['a', '2'],
        ]),
      );
      await store.transaction((writer) => writer.insertMany(target, [['b', '3']]));
      expect(await store.all('SELECT name, last_received_at FROM clusters ORDER BY name')).toEqual([
        { name: 'a', last_received_at: '2' },
        { name: 'b', last_received_at: '3' },
      ]);
    });

    test('with `added` columns add to the rows with their key', async () => {
      const key = ['system', 'length', 'at', 'username', 'project_code', 'queue_name'];
      const counters = ['running_jobs', 'pending_jobs', 'held_jobs', 'cores_allocated', 'gpus_allocated'];
      const others = ['nodes_allocated', 'cores_pending', 'gpus_pending', 'cores_held', 'gpus_held'];
      const added = [...counters, ...others];
      const sums = { table: 'user_sums', columns: [...key, ...added], key, added };
      const row = (name: string, first: number) => ['s', 1, 2, name, 'p', 'q', first, ...added.slice(1).map(() => 1)];
      await store.transaction((writer) => writer.insertMany(sums, [row('ada', 5), row('bob', 6)]));
      await store.transaction((writer) => writer.insertMany(sums, [row('bob', 7)]));
      expect(await store.all('SELECT username, running_jobs, gpus_held FROM user_sums ORDER BY username')).toEqual([
        { username: 'ada', running_jobs: 5, gpus_held: 1 },
        { username: 'bob', running_jobs: 13, gpus_held: 2 },
      ]);
    });

    test('without the columns of the key are new', async () => {
      const series = { table: 'series', columns: ['system', 'kind', 'name'], key: ['id'] };
      await store.transaction((writer) =>
        writer.insertMany(
          series,
          ['a', 'b'].map((name) => ['s', 'queue', name]),
        ),
      );
      expect(await store.all('SELECT id, name FROM series ORDER BY id')).toEqual([
        { id: 1, name: 'a' },
        { id: 2, name: 'b' },
      ]);
    });

    test('of which one is invalid are not inserted at all', async () => {
      const rows = [
        ['a', '1'],
        ['b', null],
      ];
      await expect(store.transaction((writer) => writer.insertMany(target, rows))).rejects.toThrow(/not.null/i);
      expect(await names()).toEqual([]);
    });
  });
});
