import { afterEach, beforeEach, expect, test } from 'bun:test';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drainLockFile, fileExists, outboxFile, recoveringFile } from '../../src/outbox/files.ts';
import { quickDirectory } from '../support/files.ts';

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
});
afterEach(() => directory.remove());

test('the files beside an outbox have its name', () => {
  const file = outboxFile('/state');
  expect([file, drainLockFile(file), recoveringFile(file)]).toEqual([
    '/state/outbox.db',
    '/state/outbox.db.drain-lock',
    '/state/outbox.db.recovering',
  ]);
});

test('a file that cannot be examined is not taken for a missing one', () => {
  const file = join(directory.path, 'outbox.db');
  expect(fileExists(file)).toBe(false);
  writeFileSync(file, '');
  expect(fileExists(file)).toBe(true);
  const loop = join(directory.path, 'loop');
  symlinkSync(loop, loop);
  expect(() => fileExists(loop)).toThrow('ELOOP');
});
