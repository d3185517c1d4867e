import { expect, test } from 'bun:test';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openToRead } from '../../src/outbox/read-only.ts';
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
  expect(() => openToRead(file)).toThrow('install the newer hpc-collector');
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
