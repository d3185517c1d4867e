import { afterEach, beforeEach, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PageFile } from '../../../src/outbox/recovery/pages.ts';
import { quickDirectory } from '../../support/files.ts';

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
});
afterEach(() => directory.remove());

/** A file of pages, each filled with its number, whose header names the size of a page. */
function fileOf(pages: number, pageSize: number, cutOff = 0): PageFile {
  const bytes = Buffer.concat(Array.from({ length: pages }, (_, index) => Buffer.alloc(pageSize, index + 1)));
  bytes.write('SQLite format 3\0', 'latin1');
  bytes.writeUInt16BE(pageSize === 65_536 ? 1 : pageSize, 16);
  bytes.writeUInt8(0, 20);
  const file = join(directory.path, 'pages.db');
  writeFileSync(file, bytes.subarray(0, bytes.length - cutOff));
  return new PageFile(file);
}

test.each([
  ['less than one read', 5, 4096],
  ['exactly one read', 256, 4096],
  ['more than one read', 600, 4096],
  ['the largest pages', 20, 65_536],
  ['the smallest pages', 2049, 512],
])('all pages are read once, in order, and by number too: %s', (_, count, pageSize) => {
  const file = fileOf(count, pageSize);
  const all = [...file.pages()].map(([number]) => number);
  expect(all).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  expect([file.isDatabase, file.pageSize, file.usableSize, file.pageCount]).toEqual([true, pageSize, pageSize, count]);
  for (const [number, page] of file.pages())
    expect([page.length, page.at(-1), file.page(number)?.at(-1)]).toEqual([pageSize, number % 256, number % 256]);
  expect([file.page(0), file.page(count + 1), file.readFault]).toEqual([null, null, null]);
  file.close();
});

test('the missing end of a file that was cut off counts as zeros', () => {
  // The last read is shorter than the one before it, whose bytes must not stay.
  const file = fileOf(300, 4096, 1000);
  const [, last] = [...file.pages()].at(-1) ?? [];
  const number = 300 % 256;
  expect([last?.length, last?.[3095], last?.[3096], last?.at(-1)]).toEqual([4096, number, 0, 0]);
  expect(file.page(299)?.at(-1)).toBe(number - 1);
  expect([file.page(300)?.[3095], file.page(300)?.at(-1)]).toEqual([number, 0]);
  file.close();
});
