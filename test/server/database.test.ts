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
