/** The files of a spool: their names, their order, and how many of them are kept. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { mkdirSync, readdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { sha256Of } from '../../../src/outbox/insert.ts';
import { Spool } from '../../../src/outbox/spool/spool.ts';
import { quickDirectory } from '../../support/files.ts';
import { acceptedAttempt, foreignEntry } from '../box.ts';

let directory: ReturnType<typeof quickDirectory>;
let fallback: string;
let outbox: string;
beforeEach(() => {
  directory = quickDirectory();
  fallback = join(directory.path, 'fallback');
  outbox = join(directory.path, 'outbox.db');
});
afterEach(() => directory.remove());

const spool = (maxBytes?: number) => new Spool(fallback, outbox, maxBytes);
const prefix = () => sha256Of(outbox).slice(0, 12);
const change = { state: 'delivered', deliveredAt: 5, answer: '{}', charged: true, mayHaveArrived: true } as const;

test('the file of an entry is named after the outbox, its place in the order and its id; that of an answer after the id', () => {
  const entries = [1, 2, 3].map((second) => foreignEntry(second));
  const files = entries.map((entry) => spool().keepEntry(entry).file);
  const answer = spool().keepAnswer({ id: entries[0]?.id ?? '', attempt: acceptedAttempt, change });
  expect(files).toEqual(
    entries.map(({ id }, index) => join(fallback, `${prefix()}-00000000000${index + 1}-${id}.entry.json`)),
  );
  expect(answer).toBe(join(fallback, `${prefix()}-${entries[0]?.id}.answer.json`));
  expect([spool().entries(), spool().answers()]).toEqual([files, [answer]]);
  expect(new Spool(fallback, relative(process.cwd(), outbox)).entries()).toEqual(files);
});

test('files without a number, of an earlier version, are in the order of their names', () => {
  mkdirSync(fallback, { mode: 0o700 });
  const names = ['5', '2', '9', '1', '7', '4'].map((digit) => `${prefix()}-${digit.repeat(8)}-a276.entry.json`);
  for (const name of names) writeFileSync(join(fallback, name), '');
  expect(
    spool()
      .entries()
      .map((file) => basename(file)),
  ).toEqual(names.toSorted());
});

test('a directory, a link and a file of another outbox are not listed', () => {
  mkdirSync(fallback, { mode: 0o700 });
  mkdirSync(join(fallback, `${prefix()}-000000000001-a.entry.json`));
  writeFileSync(join(fallback, `${prefix().replace(/./, 'x')}-000000000001-a.entry.json`), '');
  writeFileSync(join(fallback, `${prefix()}-000000000001-a.entry.json.damaged`), '');
  expect([spool().entries(), spool().answers()]).toEqual([[], []]);
});

describe('the size limit', () => {
  /** The size of the file of an entry. */
  function sizeOfOne(): number {
    const other = new Spool(join(directory.path, 'others'), outbox);
    return Bun.file(other.keepEntry(foreignEntry(1)).file).size;
  }

  test.each([
    ['three', 3, 0, 0],
    ['three but for a byte', 3, 1, 1],
    ['two', 2, 0, 1],
    ['two but for a byte', 2, 1, 2],
  ])('drops the oldest entries for the third one, if there is room for %s', (_, room, missing, dropped) => {
    const limit = room * sizeOfOne() - missing;
    const files = [1, 2].map((second) => spool().keepEntry(foreignEntry(second)).file);
    const third = spool(limit).keepEntry(foreignEntry(3));
    expect(third.dropped).toEqual(files.slice(0, dropped).map((file) => basename(file)));
    expect(spool().entries()).toEqual([...files.slice(dropped), third.file]);
  });

  test('is 1 GiB', () => {
    const size = sizeOfOne();
    const large = spool().keepEntry(foreignEntry(1)).file;
    truncateSync(large, 2 ** 30 - size);
    expect(spool().keepEntry(foreignEntry(2)).dropped).toEqual([]);
    expect(spool().keepEntry(foreignEntry(3)).dropped).toEqual([basename(large)]);
  });

  test('does not count an entry that another process has imported meanwhile', () => {
    const size = sizeOfOne();
    const small = spool(2 * size);
    const { file } = small.keepEntry(foreignEntry(1));
    spyOn(small, 'entries').mockReturnValue([file, `${file}.gone`]);
    expect(small.keepEntry(foreignEntry(2)).dropped).toEqual([]);
  });

  test('does not count answers, and drops none', () => {
    const answer = spool().keepAnswer({ id: 'a', attempt: acceptedAttempt, change });
    truncateSync(answer, 10_000);
    expect(spool(5000).keepEntry(foreignEntry(1)).dropped).toEqual([]);
    expect(spool().answers()).toEqual([answer]);
  });
});

test('an unfinished file is deleted after an hour', () => {
  spool().keepEntry(foreignEntry(1));
  const ages = [0, 58, 62, 10_000];
  for (const minutes of ages) {
    const file = join(fallback, `${prefix()}-${minutes}.unfinished`);
    writeFileSync(file, '{');
    const time = Date.now() / 1000 - minutes * 60;
    utimesSync(file, time, time);
  }
  spool().keepEntry(foreignEntry(2));
  expect(
    readdirSync(fallback)
      .filter((name) => name.endsWith('.unfinished'))
      .sort(),
  ).toEqual([0, 58].map((minutes) => `${prefix()}-${minutes}.unfinished`));
});
