import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
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

describe('the sizes that the header names', () => {
  /** A file of 8192 bytes with a header of these two bytes for the page size, and one for the unused bytes of a page. */
  function sizesOf(pageSize: number, unused: number, magic = 'SQLite format 3\0'): unknown {
    const bytes = Buffer.alloc(8192);
    bytes.write(magic, 'latin1');
    bytes.writeUInt16BE(pageSize, 16);
    bytes.writeUInt8(unused, 20);
    const path = join(directory.path, 'header.db');
    writeFileSync(path, bytes);
    const file = new PageFile(path);
    file.close();
    return [file.isDatabase, file.pageSize, file.usableSize, file.pageCount, file.byteCount];
  }

  test.each<[string, number, number, number, number, number]>([
    ['the smallest', 512, 0, 512, 512, 16],
    ['the largest, written as 1', 1, 0, 65_536, 65_536, 1],
    ['unused bytes', 1024, 16, 1024, 1008, 8],
    ['as many unused bytes as there can be', 512, 32, 512, 480, 16],
  ])('are used: %s', (_, written, unused, pageSize, usableSize, pageCount) => {
    expect(sizesOf(written, unused)).toEqual([true, pageSize, usableSize, pageCount, 8192]);
  });

  test.each<[string, number]>([
    ['half of the smallest page size', 256],
    ['not a power of two', 1000],
    ['0', 0],
  ])('are those of usual pages if they are impossible: %s', (_, written) => {
    expect(sizesOf(written, 16)).toEqual([true, 4096, 4096, 2, 8192]);
  });

  test('are those of usual pages in a file that is not a database', () => {
    expect(sizesOf(1024, 16, 'SQLite format 4\0')).toEqual([false, 4096, 4096, 2, 8192]);
  });

  test('do not make a page useless: more than 32 unused bytes of 512 are ignored', () => {
    expect(sizesOf(512, 33)).toEqual([true, 512, 512, 16, 8192]);
  });
});

describe('the free pages', () => {
  /** The free pages of a file of 140 pages, by its header and its trunk pages: the next one, and the free leaf pages. */
  function freePagesOf(
    trunk: number,
    count: number,
    trunks: Record<number, { next: number; leaves: readonly number[]; claimed?: number }>,
    magic = 'SQLite format 3\0',
  ): number[] {
    const bytes = Buffer.alloc(140 * 512);
    bytes.write(magic, 'latin1');
    bytes.writeUInt16BE(512, 16);
    bytes.writeUInt32BE(trunk, 32);
    bytes.writeUInt32BE(count, 36);
    for (const [number, { next, leaves, claimed = leaves.length }] of Object.entries(trunks))
      for (const [index, value] of [next, claimed, ...leaves].entries())
        bytes.writeUInt32BE(value, (Number(number) - 1) * 512 + 4 * index);
    const path = join(directory.path, 'free.db');
    writeFileSync(path, bytes);
    const file = new PageFile(path);
    const free = file.freePages();
    file.close();
    return [...free].sort((one, other) => one - other);
  }
  /** So many pages from page 10 on. */
  const pages = (count: number) => Array.from({ length: count }, (_, index) => 10 + index);

  test('are the trunk pages and their leaf pages', () => {
    expect(freePagesOf(0, 0, {})).toEqual([]);
    expect(freePagesOf(3, 1, { 3: { next: 0, leaves: [] } })).toEqual([3]);
    const two = { 3: { next: 5, leaves: [140, 2] }, 5: { next: 0, leaves: [7] } };
    expect(freePagesOf(3, 5, two)).toEqual([2, 3, 5, 7, 140]);
    // A trunk page of 512 bytes has room for 126 leaf pages.
    expect(freePagesOf(3, 127, { 3: { next: 0, leaves: pages(126) } })).toEqual([3, ...pages(126)]);
  });

  test.each<[string, number, number, Parameters<typeof freePagesOf>[2]]>([
    ['names fewer pages than the header', 3, 3, { 3: { next: 0, leaves: [7] } }],
    ['names more pages than the header', 3, 1, { 3: { next: 0, leaves: [7] } }],
    ['begins after the last page', 141, 1, {}],
    ['names the first page', 3, 2, { 3: { next: 0, leaves: [1] } }],
    ['names page 0', 3, 2, { 3: { next: 0, leaves: [0] } }],
    ['names a page after the last one', 3, 2, { 3: { next: 0, leaves: [141] } }],
    ['names a leaf page twice', 3, 2, { 3: { next: 0, leaves: [7, 7] } }],
    ['has a trunk page that is a leaf page', 3, 2, { 3: { next: 7, leaves: [7] } }],
    ['is a loop', 3, 2, { 3: { next: 5, leaves: [] }, 5: { next: 3, leaves: [] } }],
    [
      'has a trunk page that claims more leaf pages than it can have',
      3,
      128,
      { 3: { next: 0, leaves: pages(126), claimed: 127 } },
    ],
  ])('are unknown if their list %s', (_, trunk, count, trunks) => {
    expect(freePagesOf(trunk, count, trunks)).toEqual([]);
  });

  test('are unknown if the first page is damaged or missing', () => {
    expect(freePagesOf(3, 1, { 3: { next: 0, leaves: [] } }, 'SQLite format 4\0')).toEqual([]);
    const path = join(directory.path, 'empty.db');
    writeFileSync(path, '');
    const file = new PageFile(path);
    expect([file.freePages().size, file.pageCount, file.page(1)]).toEqual([0, 0, null]);
    file.close();
  });
});

test('a part that cannot be read counts as zeros, and the first error is kept', () => {
  // Reading a directory fails.
  const file = new PageFile(directory.path);
  expect([file.isDatabase, file.pageSize]).toEqual([false, 4096]);
  expect([...file.pages()].every(([, page]) => page.every((byte) => byte === 0))).toBe(true);
  expect(file.readFault).toStartWith('EISDIR: illegal operation on a directory');
  file.close();
});
