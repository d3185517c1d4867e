import { afterEach, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '../../src/outbox/lock.ts';
import { temporaryDirectory } from '../support/files.ts';

const noWarning = (problem: string) => {
  throw new Error(problem);
};

const directory = temporaryDirectory();
afterEach(directory.remove);

test('a lock without a lock file still excludes others, until it is released', () => {
  mkdirSync(directory.path, { recursive: true });
  const notADirectory = join(directory.path, 'file');
  writeFileSync(notADirectory, '');
  const file = join(notADirectory, 'lock');
  const lock = tryLock(file, noWarning);
  expect(lock).not.toBeNull();
  expect(tryLock(file, noWarning)).toBeNull();
  const other = tryLock(join(notADirectory, 'other-lock'), noWarning);
  expect(other).not.toBeNull();
  lock?.release();
  const again = tryLock(file, noWarning);
  expect(again).not.toBeNull();
  for (const held of [again, other]) held?.release();
});
