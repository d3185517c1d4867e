import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from '../../src/outbox/inspect.ts';
import { migrations } from '../../src/outbox/migrations.ts';
import { openToRead } from '../../src/outbox/read-only.ts';
import { descriptorsOf, quickDirectory } from '../support/files.ts';
import { programOf } from './helper.ts';
import { newOutbox } from './queue.ts';

test.each([
  ['an inspection', (file: string) => expect(inspect(file)).toEqual({ kind: 'outbox', host: 'login1', damages: [] })],
  ['a reader', (file: string) => openToRead(file)?.close()],
])('%s waits for a writer', async (_, read) => {
  const { outbox, file, remove } = newOutbox();
  outbox.metadata.write('host', 'login1');
  outbox.close();
  const writer = Bun.spawn(programOf('write', file), { stdio: ['ignore', 'pipe', 'inherit'] });
  await writer.stdout.getReader().read();
  read(file);
  expect(await writer.exited).toBe(0);
  remove();
});

test.each([
  [migrations.length, { kind: 'outbox', host: null, damages: [] }],
  [migrations.length + 1, { kind: 'newer' }],
  [0, { kind: 'empty' }],
])('an outbox of schema %p is inspected, and closed again', (version, inspection) => {
  const { outbox, file, remove } = newOutbox();
  outbox.database.run(`PRAGMA user_version = ${version}`);
  outbox.close();
  expect(inspect(file)).toEqual(inspection as ReturnType<typeof inspect>);
  expect(descriptorsOf(file)).toBe(0);
  remove();
});

test.each(migrations.map((_, index) => index + 1))('an outbox of the older schema %p is inspected', (version) => {
  const { path, remove } = quickDirectory();
  const file = join(path, 'outbox.db');
  const database = new Database(file, { create: true });
  for (const step of migrations.slice(0, version)) database.run(step);
  database.run(`PRAGMA user_version = ${version}`);
  database.close();
  expect(inspect(file)).toEqual({ kind: 'outbox', host: null, damages: [] });
  remove();
});

test('an inspection creates no missing file, and reads an empty one', () => {
  const { path, remove } = quickDirectory();
  const file = join(path, 'outbox.db');
  expect(() => inspect(file)).toThrow('unable to open database file');
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, '');
  expect(inspect(file)).toEqual({ kind: 'empty' });
  remove();
});
