import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { openDatabase } from '../../src/server/database.ts';
import { migrations } from '../../src/server/migrations.ts';
import { freshDatabasePath } from './helper.ts';

test.each([
  ['journal_mode', 'wal'],
  ['synchronous', 2],
  ['busy_timeout', 5000],
  ['foreign_keys', 1],
  ['user_version', migrations.length],
])('a database is opened with %s = %p', (name, value) => {
  const { path, remove } = freshDatabasePath();
  // The second time is no first migration.
  openDatabase(path).close();
  const database = openDatabase(path);
  const row = database.query<Record<string, unknown>, []>(`PRAGMA ${name}`).get() ?? {};
  expect(Object.values(row)).toEqual([value]);
  database.close();
  remove();
});

test('a database of before there were jobs is taken further, with what is in it', () => {
  const { path, remove } = freshDatabasePath();
  const before = new Database(path);
  for (const migration of migrations.slice(0, 2)) before.run(migration);
  before.run("INSERT INTO users VALUES ('collector', 'hash', '2026-01-01T00:00:00')");
  before.run('PRAGMA user_version = 2');
  before.run(`PRAGMA application_id = ${0x68706372}`);
  before.close();
  const database = openDatabase(path);
  expect(database.query('SELECT name FROM users').all()).toEqual([{ name: 'collector' }]);
  expect(database.query('SELECT count(*) AS n FROM jobs').all()).toEqual([{ n: 0 }]);
  database.close();
  remove();
});
