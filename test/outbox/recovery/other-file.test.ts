/** A file that is no outbox is refused; no file of it is left open, and none is made beside it. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../../src/lib/errors.ts';
import { refuseNotOutbox, refuseOtherFile } from '../../../src/outbox/recovery/other-file.ts';
import { keepReserve } from '../../../src/outbox/reserve.ts';
import { overwritePages } from '../../support/damaged-outbox.ts';
import { newOutbox, put, type TestOutbox } from '../queue.ts';
import { errorOf } from './errors.ts';
import { openFilesBelow } from './open-files.ts';

let box: TestOutbox;
let other: string;
beforeEach(() => {
  box = newOutbox();
  put(box.outbox);
  box.outbox.close();
  other = join(box.file, '..', 'other');
});
afterEach(() => box.remove());

function makeDatabase(table: string): void {
  const database = new Database(other);
  database.run(`CREATE TABLE ${table} (title)`);
  database.close();
}

const notDatabase = () =>
  `${other} is not an outbox, and not a database at all: correct --outbox, or move the file away`;
const foreign = () => `${other} is another program's database, not an outbox: correct --outbox, or move the file away`;

/** Each with the error of `refuseNotOutbox`, and that of `refuseOtherFile`. */
type Case = readonly [name: string, make: () => void, (() => string) | null, (() => string) | null];

test.each<Case>([
  ['does not exist', () => {}, null, null],
  ['is a directory', () => mkdirSync(other), null, null],
  ['is empty', () => writeFileSync(other, ''), null, notDatabase],
  ['is a text', () => writeFileSync(other, 'Dear diary,\n'.repeat(500)), notDatabase, notDatabase],
  ["is another program's database", () => makeDatabase('books'), foreign, null],
  [
    'is a text that replaced an outbox',
    () => {
      keepReserve(other);
      writeFileSync(other, 'x'.repeat(5000));
    },
    null,
    null,
  ],
  [
    'is an outbox',
    () => {
      other = box.file;
    },
    null,
    null,
  ],
  [
    'is a damaged outbox',
    () => {
      other = box.file;
      overwritePages(other, [1], () => 0);
    },
    null,
    null,
  ],
])('a file that %s', (_, make, notOutbox, otherFile) => {
  make();
  const files = readdirSync(join(box.file, '..'));
  const open = openFilesBelow(join(box.file, '..'));
  for (const [refuse, text] of [
    [refuseNotOutbox, notOutbox],
    [refuseOtherFile, otherFile],
  ] as const)
    expect(errorOf(() => refuse(other))).toEqual(text && new OperatorError(text()));
  expect(openFilesBelow(join(box.file, '..'))).toEqual(open);
  expect(readdirSync(join(box.file, '..'))).toEqual(files);
});
