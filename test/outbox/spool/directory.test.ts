/** The directory of a spool, and those that are used in place of one that must not be. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeSpoolDirectory, spoolDirectories, spoolProblem } from '../../../src/outbox/spool/directory.ts';
import { quickDirectory } from '../../support/files.ts';

let directory: ReturnType<typeof quickDirectory>;
let fallback: string;
beforeEach(() => {
  directory = quickDirectory();
  fallback = join(directory.path, 'fallback');
});
afterEach(() => directory.remove());

/** Makes a directory with this mode, whatever the umask is. */
function make(name: string, mode = 0o700): string {
  const path = join(directory.path, name);
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

test('a directory is made with its parents, for this user alone', () => {
  const nested = join(fallback, 'a', 'b');
  expect([spoolProblem(nested), spoolDirectories(nested)]).toEqual([null, []]);
  for (let time = 0; time < 2; time++) expect(makeSpoolDirectory(nested)).toBe(nested);
  expect(statSync(nested).mode & 0o777).toBe(0o700);
  expect(spoolDirectories(nested)).toEqual([nested]);
});

test.each([0o710, 0o701, 0o770, 0o777, 0o740, 0o702])('a directory with mode %o is not used', (mode) => {
  make('fallback', mode);
  expect(spoolProblem(fallback)).toBe(`${fallback} is open to others: chmod 700 ${fallback}`);
  const other = makeSpoolDirectory(fallback);
  expect(basename(other)).toMatch(/^fallback\.\w{6}$/);
  expect(spoolDirectories(fallback)).toEqual([other]);
});

describe('in place of a directory that must not be used', () => {
  test.each([
    [['fallback.a', 'fallback.b', 'fallback.c']],
    [['fallback.c', 'fallback.b', 'fallback.a']],
    [['fallback.b', 'fallback.a', 'fallback.c']],
  ])('the first one beside it is used, and files of all are imported: %j', (names) => {
    writeFileSync(fallback, '');
    for (const name of names) make(name);
    const sorted = names.toSorted().map((name) => join(directory.path, name));
    expect(makeSpoolDirectory(fallback)).toBe(sorted[0] ?? '');
    expect(spoolDirectories(fallback)).toEqual(sorted);
  });

  test('a directory with another name, one open to others and a file are not used', () => {
    make('fallback', 0o755);
    for (const name of ['a', 'a.fallback', 'fallback-a', 'fallbacks', 'my.fallback.']) make(name);
    make('fallback.a', 0o755);
    writeFileSync(join(directory.path, 'fallback.b'), '');
    const used = make('fallback.c');
    expect(makeSpoolDirectory(fallback)).toBe(used);
    expect(spoolDirectories(fallback)).toEqual([used]);
  });
});

test('the directory itself comes before those in its place', () => {
  const [own, other] = [make('fallback'), make('fallback.a')];
  expect(spoolDirectories(fallback)).toEqual([own, other]);
  expect(makeSpoolDirectory(fallback)).toBe(own);
});

test('the error has both reasons if no directory can be made', () => {
  writeFileSync(fallback, '');
  const below = join(fallback, 'spool');
  const problem = `${below} cannot be used: ENOTDIR: not a directory, lstat '${below}'`;
  expect(spoolProblem(below)).toBe(problem);
  expect(() => makeSpoolDirectory(below)).toThrow(
    `${problem}; and no other directory can be created beside it: ENOTDIR: not a directory, mkdtemp '${below}.`,
  );
  expect(spoolDirectories(below)).toEqual([]);
  expect(existsSync(below)).toBe(false);
});
