import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { migrationCopy } from '../../../src/lib/migration-copy.ts';
import { migrations } from '../../../src/server/store/migrations.ts';
import { openFile } from '../../../src/server/store/sqlite-file.ts';
import { freshDatabasePath } from '../helper.ts';

test.each([
  ['journal_mode', 'wal'],
  ['synchronous', 2],
  ['busy_timeout', 5000],
  ['foreign_keys', 1],
  ['user_version', migrations.length],
])('a database is opened with %s = %p', (name, value) => {
  const { path, remove } = freshDatabasePath();
  // The second time is no first migration.
  openFile(path).close();
  const database = openFile(path);
  const row = database.query<Record<string, unknown>, []>(`PRAGMA ${name}`).get() ?? {};
  expect(Object.values(row)).toEqual([value]);
  database.close();
  remove();
});

/** A database as an older version made it, with one user. */
function makeOld(path: string, version: number): void {
  const database = new Database(path);
  for (const migration of migrations.slice(0, version)) database.run(migration);
  database.run(
    "INSERT INTO users (name, password_hash, changed_at) VALUES ('collector', 'hash', '2026-01-01T00:00:00')",
  );
  database.run(`PRAGMA user_version = ${version}`);
  database.run(`PRAGMA application_id = ${0x68706372}`);
  database.close();
}

function versionOf(path: string): number {
  const database = new Database(path, { readonly: true });
  const row = database.query<{ user_version: number }, []>('PRAGMA user_version').get();
  database.close();
  return row?.user_version ?? -1;
}

test.each(migrations.slice(1).map((_, index) => index + 1))(
  'a database of schema %p is migrated with its rows, and copied before, for its owner only',
  (version) => {
    const { path, remove } = freshDatabasePath();
    makeOld(path, version);
    const database = openFile(path);
    expect(database.query('SELECT name FROM users').all()).toEqual([{ name: 'collector' }]);
    expect(database.query('SELECT count(*) AS n FROM jobs').all()).toEqual([{ n: 0 }]);
    database.close();
    expect(versionOf(path)).toBe(migrations.length);

    const copy = migrationCopy(path, migrations.length);
    expect(versionOf(copy)).toBe(version);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const copied = new Database(copy, { readonly: true });
    expect(copied.query('SELECT name FROM users').all()).toEqual([{ name: 'collector' }]);
    copied.close();
    remove();
  },
);

test('users and keys of older versions keep their rights', () => {
  const { path, remove } = freshDatabasePath();
  makeOld(path, 4);
  const old = new Database(path);
  const insert = old.query('INSERT INTO api_keys (name, key_sha256, scope, created_at) VALUES (?1, ?2, ?3, ?4)');
  insert.run('all', Buffer.from('1'), '*', '');
  insert.run('some', Buffer.from('2'), 'hpc1,hpc2', '');
  old.close();
  const database = openFile(path);
  expect(database.query('SELECT scopes FROM users').values()).toEqual([['write:*,outages,read:names']]);
  expect(database.query('SELECT name, scopes FROM api_keys ORDER BY name').values()).toEqual([
    ['all', 'write:*'],
    ['some', 'write:hpc1,write:hpc2'],
  ]);
  database.close();
  remove();
});

test('a new or current database is not copied, and an existing copy is kept', () => {
  const { path, remove } = freshDatabasePath();
  openFile(path).close();
  openFile(path).close();
  expect(readdirSync(dirname(path)).filter((name) => name.includes('schema'))).toEqual([]);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
  makeOld(path, 2);
  const copy = migrationCopy(path, migrations.length);
  writeFileSync(copy, 'the first copy');
  openFile(path).close();
  expect(readFileSync(copy, 'utf8')).toBe('the first copy');
  expect(readdirSync(dirname(path)).filter((name) => name.includes('schema'))).toHaveLength(1);
  remove();
});
