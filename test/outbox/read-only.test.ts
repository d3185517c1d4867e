import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { chmodSync, copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError } from '../../src/lib/errors.ts';
import { migrations } from '../../src/outbox/migrations.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { openToRead } from '../../src/outbox/read-only.ts';
import { descriptorsOf, quickDirectory } from '../support/files.ts';
import { newOutbox, noise, put } from './queue.ts';

test('a file that is opened for reading cannot be changed', () => {
  const { outbox, file, remove } = newOutbox();
  put(outbox);
  const database = openToRead(file);
  expect(() => database?.run('DELETE FROM entries')).toThrow('readonly');
  database?.close();
  remove();
});

test('an unfinished transaction of a killed writer is not visible', () => {
  const { outbox, file, remove } = newOutbox();
  const { database } = outbox;
  put(outbox);
  database.run('PRAGMA synchronous = FULL');
  database.run('PRAGMA cache_size = 2');
  database.run('BEGIN IMMEDIATE');
  // Too much for the cache: it is in the file already, and the journal has what was there.
  database.run(`UPDATE bodies SET gzip = zeroblob(500000)`);
  database.run(`UPDATE entries SET state = 'delivered', last_error = ?`, [noise(500_000)]);
  const copy = join(dirname(file), 'killed.db');
  copyFileSync(file, copy);
  copyFileSync(`${file}-journal`, `${copy}-journal`);
  database.run('ROLLBACK');
  const read = openToRead(copy);
  expect(read?.query('SELECT state FROM entries').all()).toEqual([{ state: 'pending' }]);
  expect(read?.query('PRAGMA quick_check').get()).toEqual({ quick_check: 'ok' });
  read?.close();
  expect(existsSync(`${copy}-journal`)).toBe(false);
  remove();
});

test('an outbox of a newer version is refused, with the remedy', () => {
  const { outbox, file, remove } = newOutbox();
  outbox.database.run('PRAGMA user_version = 99');
  expect(() => openToRead(file)).toThrow(
    new OperatorError(`the outbox ${file} was written by a newer version: install the newer hpc-collector`),
  );
  remove();
});

test("an outbox that others can write and another program's database are refused", () => {
  const { outbox, file, remove } = newOutbox();
  chmodSync(file, 0o666);
  expect(() => openToRead(file)).toThrow('can be written by others (mode 666)');
  chmodSync(file, 0o600);
  openToRead(file)?.close();
  outbox.database.run('PRAGMA application_id = 7');
  expect(() => openToRead(file)).toThrow("is another program's database, not an outbox");
  remove();
});

test("another program's database is refused as one", () => {
  const { path, remove } = quickDirectory();
  const file = join(path, 'other.db');
  const other = new Database(file, { create: true });
  other.run('CREATE TABLE songs (title TEXT)');
  other.close();
  chmodSync(file, 0o600);
  expect(() => openToRead(file)).toThrow(
    new OperatorError(`${file} is another program's database, not an outbox: correct --outbox, or move the file away`),
  );
  remove();
});

test.each([
  ['of this version', migrations.length],
  ['of an earlier version', 1],
  ['that is empty', 0],
])('queries with parameters read an outbox %s', (_, version) => {
  const { path, remove } = quickDirectory();
  const file = join(path, 'old.db');
  const database = new Database(file, { create: true });
  for (const step of migrations.slice(0, version)) database.run(step);
  if (version > 0) database.run(`PRAGMA user_version = ${version}`);
  database.close();
  chmodSync(file, 0o600);
  const outbox = new Outbox(file, null, openToRead(file) ?? undefined);
  expect(outbox.countPending('sam/casper')).toBe(0);
  expect(() => outbox.metadata.write('a', 'b')).toThrow('readonly');
  // A copy in memory needs the file no more.
  expect(descriptorsOf(file)).toBe(version === migrations.length ? 1 : 0);
  outbox.close();
  remove();
});

test('a reader sees later changes, and a refused file is closed', () => {
  const { outbox, file, remove } = newOutbox();
  const reader = openToRead(file);
  put(outbox);
  expect(reader?.query('SELECT count(*) AS n FROM entries').get()).toEqual({ n: 1 });
  reader?.close();
  outbox.database.run('PRAGMA application_id = 7');
  const before = descriptorsOf(file);
  expect(() => openToRead(file)).toThrow(OperatorError);
  expect(descriptorsOf(file)).toBe(before);
  remove();
});

test('a missing outbox is not created', () => {
  expect(openToRead('/nonexistent/outbox.db')).toBeNull();
});

test('an empty file, such as a killed first command leaves, is an outbox without entries, and stays empty', () => {
  const { file, remove } = newOutbox();
  const empty = join(dirname(file), 'empty.db');
  writeFileSync(empty, '', { mode: 0o600 });
  const database = openToRead(empty);
  expect(database?.query('SELECT * FROM entries').all()).toEqual([]);
  expect(() => database?.run('DELETE FROM entries')).toThrow('readonly');
  database?.close();
  expect(Bun.file(empty).size).toBe(0);
  remove();
});
