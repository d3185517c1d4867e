import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { linkSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { identityOf, nameAside, setAside } from '../../../src/outbox/recovery/set-aside.ts';
import { quickDirectory } from '../../support/files.ts';

let directory: ReturnType<typeof quickDirectory>;
let file: string;
beforeEach(() => {
  directory = quickDirectory();
  file = join(directory.path, 'outbox.db');
});
afterEach(() => directory.remove());

const contents = () =>
  Object.fromEntries(
    readdirSync(directory.path).map((name) => [name, readFileSync(join(directory.path, name), 'utf8')]),
  );

describe('the name of a damaged file', () => {
  const now = new Date('2026-11-21T02:19:42.123Z');
  const first = 'outbox.db.damaged-20261121T021942Z';

  test.each<[string, readonly string[], string]>([
    ['no other file', [], first],
    ['a file of another second', ['outbox.db.damaged-20261121T021941Z'], first],
    ['a damaged file', [first], `${first}-2`],
    ['two damaged files', [first, `${first}-2`], `${first}-3`],
    ['a damaged file without the one before', [`${first}-2`], first],
    ...['-journal', '-wal', '-shm'].map((side): [string, readonly string[], string] => [
      `a ${side} of a damaged file`,
      [first + side],
      `${first}-2`,
    ]),
  ])('has its time, and a number if that name is taken: %s', (_, names, expected) => {
    for (const name of names) writeFileSync(join(directory.path, name), '');
    expect(basename(nameAside(file, now))).toBe(expected);
  });
});

describe('a damaged file is set aside', () => {
  test.each([[['-journal', '-wal', '-shm']], [['-wal']], [[]]])('with its side files: %j', (sides) => {
    for (const side of ['', ...sides]) writeFileSync(file + side, `old${side}`);
    writeFileSync(join(directory.path, 'fresh'), 'new');
    setAside(file, `${file}.aside`, join(directory.path, 'fresh'));
    expect(contents()).toEqual({
      'outbox.db': 'new',
      ...Object.fromEntries(['', ...sides].map((side) => [`outbox.db.aside${side}`, `old${side}`])),
    });
  });

  test('but replaces no other file', () => {
    for (const name of ['outbox.db', 'outbox.db.aside', 'fresh']) writeFileSync(join(directory.path, name), name);
    expect(() => setAside(file, `${file}.aside`, join(directory.path, 'fresh'))).toThrow('EEXIST');
    expect(contents()).toEqual({ 'outbox.db': 'outbox.db', 'outbox.db.aside': 'outbox.db.aside', fresh: 'fresh' });
  });
});

test('two names of one file have its identity; another file has its own, and a missing one none', () => {
  for (const name of ['outbox.db', 'other.db']) writeFileSync(join(directory.path, name), '');
  linkSync(file, `${file}.aside`);
  expect(identityOf(file)).toMatch(/^\d+:\d+$/);
  expect(identityOf(`${file}.aside`)).toBe(identityOf(file));
  expect(identityOf(join(directory.path, 'other.db'))).not.toBe(identityOf(file));
  expect(identityOf(join(directory.path, 'none.db'))).toBeNull();
});
