import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PageFile } from '../../../src/outbox/recovery/pages.ts';
import {
  type Cell,
  type CellValue,
  cellAt,
  cellsOf,
  headerOf,
  payloadOf,
  valuesOf,
} from '../../../src/outbox/recovery/record.ts';
import { temporaryDirectory } from '../../support/files.ts';

const directory = temporaryDirectory();
const file = join(directory.path, 'values.db');

/** Rows by rowid. The rowids and lengths lie on both sides of what fits in one, two and three bytes. */
const rowids = [1, 126, 127, 128, 129, 16_383, 16_384, 2_097_151, 2_097_152, 2 ** 31, 2 ** 40];
const integers = [0, 1, 2, 7, 8, 15, 23, 31, 39, 47, 52].flatMap((bits) => [2 ** bits - 1, 2 ** bits, -(2 ** bits)]);
const texts = [0, 1, 57, 58, 127, 128, 129, 8185, 8186, 9000].map((length) => 'n'.repeat(length));
/** Payloads around the sizes at which SQLite continues a row on another page, of which the usable part has 4096 bytes. */
const blobs = [...Array(12).keys()]
  .flatMap((index) => [4050 + index, 8140 + index])
  .map((length) => Buffer.alloc(length, 7));

beforeAll(() => {
  const database = new Database(file, { create: true });
  database.run('CREATE TABLE rows (id INTEGER PRIMARY KEY, value)');
  const insert = database.query('INSERT INTO rows VALUES (?, ?)');
  for (const id of rowids) insert.run(id, id);
  let id = 2 ** 41;
  for (const value of [...integers, ...texts, ...blobs, 0.5, null]) insert.run(id++, value);
  database.close();
});
afterAll(() => directory.remove());

function withPages<T>(use: (pages: PageFile) => T, path = file): T {
  const pages = new PageFile(path);
  try {
    return use(pages);
  } finally {
    pages.close();
  }
}

/** The values of the table as they are read without SQLite, by rowid. */
function read(): Map<number, CellValue | undefined> {
  return withPages((pages) => {
    const found = new Map<number, CellValue | undefined>();
    for (const [number, page] of pages.pages())
      for (const cell of cellsOf(page, number, pages.usableSize)) {
        const header = headerOf(cell);
        const payload = header && payloadOf(cell, pages);
        if (header?.types.length === 2 && payload) found.set(cell.rowid, valuesOf(payload, header)[1]);
      }
    return found;
  });
}

test('every value is read as SQLite reads it, for any size', () => {
  const database = new Database(file, { readonly: true });
  const stored = database.query<{ id: number; value: CellValue }, []>('SELECT id, value FROM rows').all();
  database.close();
  const found = read();
  expect(stored).toHaveLength(rowids.length + integers.length + texts.length + blobs.length + 2);
  for (const { id, value } of stored) {
    const here = found.get(id);
    const [one, other] = [here, value].map((of) => (of instanceof Uint8Array ? Buffer.from(of).toString('hex') : of));
    expect([id, found.has(id), one]).toEqual([id, true, other]);
  }
});

test('page 0 and pages after the last one do not exist', () => {
  withPages((pages) => {
    expect([pages.page(0), pages.page(pages.pageCount + 1)]).toEqual([null, null]);
    expect([pages.page(1), pages.page(pages.pageCount)].every((page) => page !== null)).toBe(true);
    expect(pages.page(1)?.toString('latin1', 0, 15)).toBe('SQLite format 3');
  });
});

test('a row that continues on page 0, or behind the last page, is not read', () => {
  withPages((pages) => {
    const cell = (overflow: number): Cell => ({
      ...{ rowid: 1, offset: 0, size: 10, local: Buffer.from([1, 2, 3]) },
      overflow,
    });
    expect([0, pages.pageCount + 1].map((page) => payloadOf(cell(page), pages))).toEqual([null, null]);
    expect(payloadOf(cell(1), pages)?.toString('latin1')).toBe('\x01\x02\x03te form');
  });
});

describe('the rows of a page', () => {
  /** A leaf page, on which every other byte is 2: each pointer leads to a row with number 2 and a payload of two bytes. */
  function fullPage(start: number): Buffer {
    const page = Buffer.alloc(4096, 2);
    page.writeUInt8(0x0d, start);
    page.writeUInt16BE(0xffff, start + 3);
    return page;
  }

  test.each([
    ['the first page, which begins with 100 bytes of the file', 1, 100, 4096, 1994],
    ['another page', 2, 0, 4096, 2044],
    ['a page with an unused last byte', 2, 0, 4095, 2043],
  ])('are no more than its pointers, whatever it claims: %s', (_, number, start, usableSize, count) => {
    const cells = [...cellsOf(fullPage(start), number, usableSize)];
    expect(cells).toHaveLength(count);
    expect(cells.at(-1)).toEqual({ rowid: 2, offset: 514, size: 2, local: Buffer.from([2, 2]), overflow: 0 });
  });

  test.each([
    ['an inner page of an index', 2],
    ['an inner page of a table', 5],
    ['a leaf page of an index', 10],
  ])('are none on %s', (_, kind) => {
    const page = fullPage(0);
    page.writeUInt8(kind, 0);
    expect([...cellsOf(page, 2, 4096)]).toEqual([]);
  });

  test('are as many as it has', () => {
    const page = fullPage(0);
    page.writeUInt16BE(3, 3);
    // The second one is impossible: its payload has one byte.
    page.writeUInt16BE(1000, 10);
    page.writeUInt8(1, 1000);
    expect([...cellsOf(page, 2, 4096)].map(({ offset }) => offset)).toEqual([514, 514]);
  });
});

describe('a row at an offset', () => {
  const usableSize = 512;
  /** The row of these first bytes, so many bytes before the end of the page. */
  function rowOf(bytes: readonly number[], beforeEnd = 400): Cell | null {
    const page = Buffer.alloc(usableSize);
    page.set(bytes.slice(0, beforeEnd), usableSize - beforeEnd);
    return cellAt(page, usableSize - beforeEnd, usableSize);
  }

  test.each<[string, readonly number[], number | null]>([
    ['one byte', [2, 1], 1],
    ['two bytes', [2, 0x81, 0x00], 128],
    ['eight bytes', [2, ...Array<number>(7).fill(0x80), 5], 5],
    ['eight bytes, the largest safe integer', [2, 0x8f, ...Array<number>(6).fill(0xff), 0x7f], 2 ** 53 - 1],
    ['eight bytes, one more than that', [2, 0x90, ...Array<number>(6).fill(0x80), 0x00], null],
    ['nine bytes', [2, ...Array<number>(8).fill(0x80), 5], null],
    ['nine bytes, which is negative', [2, ...Array<number>(9).fill(0xff)], null],
    ['no number: it is 0', [2, 0], null],
  ])('has a number of %s', (_, bytes, rowid) => {
    expect(rowOf(bytes)?.rowid ?? null).toBe(rowid);
  });

  test('has a payload of two bytes and more, all of it before the end of the page', () => {
    expect([0, 1, 2, 3].map((size) => rowOf([size, 1])?.local.length ?? null)).toEqual([null, null, 2, 3]);
    expect([11, 12, 13].map((beforeEnd) => rowOf([10, 1], beforeEnd)?.size ?? null)).toEqual([null, 10, 10]);
    expect([[], [0x82], [2], [2, 0x81]].map((bytes) => rowOf(bytes, bytes.length))).toEqual([null, null, null, null]);
  });

  test('continues on another page if its payload has more than all but 35 bytes of a page', () => {
    const row = (size: number, beforeEnd: number) => {
      const cell = rowOf([0x80 + (size >> 7), size & 127, 1, ...Array<number>(508).fill(7)], beforeEnd);
      return cell && [cell.size, cell.local.length, cell.overflow];
    };
    // SQLite's formulas (fileformat2.html, section 1.6) for pages of 512 bytes: at least 39 bytes stay on the page.
    expect([477, 478, 546, 547, 548, 985, 986].map((size) => row(size, 500))).toEqual([
      [477, 477, 0],
      [478, 39, 0x07070707],
      [546, 39, 0x07070707],
      [547, 39, 0x07070707],
      [548, 40, 0x07070707],
      [985, 477, 0x07070707],
      [986, 39, 0x07070707],
    ]);
    // Its number, 39 bytes and the number of the page fill 46 bytes.
    expect([45, 46].map((beforeEnd) => row(478, beforeEnd)?.[0] ?? null)).toEqual([null, 478]);
  });
});

describe('the header of a row', () => {
  function headerFrom(size: number, local: readonly number[]): unknown {
    return headerOf({ ...{ rowid: 1, offset: 0, overflow: 0, size }, local: Buffer.from(local) });
  }

  test.each<[string, number, readonly number[], unknown]>([
    ['of values without bytes fills the payload', 4, [4, 0, 8, 9], { types: [0, 8, 9], length: 4 }],
    ['may end with a type of two bytes', 61, [3, 0x81, 0x01, 7], { types: [129], length: 3 }],
    ['is that of one row', 4, [3, 1, 1, 5, 6], null],
    ['is not longer than what is on the page', 9, [4, 0, 8], null],
    ['does not end within a type', 3, [3, 0, 0x81, 1], null],
    ['has no type 10', 3, [3, 0, 10], null],
    ['has no type 11', 3, [3, 0, 11], null],
    ['has the size of the payload: not a byte more', 3, [2, 2, 1], null],
    ['has the size of the payload: not a byte less', 5, [2, 2, 1, 1, 1], null],
    ['is not empty', 2, [], null],
  ])('%s', (_, size, local, header) => {
    expect(headerFrom(size, local)).toEqual(header);
  });

  test.each([
    ...[0, 1, 2, 3, 4, 6, 8, 8, 0, 0].map((bytes, type) => [type, bytes] as const),
    ...[12, 13].map((type) => [type, 0] as const),
    ...[14, 15].map((type) => [type, 1] as const),
  ])('a value of type %d has %d bytes', (type, bytes) => {
    expect(headerFrom(2 + bytes, [2, type])).toEqual({ types: [type], length: 2 });
  });
});

test('text that is not UTF-8 is undefined, and other values of its row are known', () => {
  const payload = Buffer.from([4, 15, 1, 14, 0xff, 0xfe, 3]);
  const values = valuesOf(payload, { types: [15, 1, 14], length: 4 });
  expect(values).toEqual([undefined, -2, Buffer.from([3])]);
});

test('a payload is not larger than the file, and than 64 MiB', () => {
  const limit = 64 * 1024 * 1024;
  const path = join(directory.path, 'sparse.db');
  const sizeOf = (size: number) =>
    withPages((pages) => payloadOf({ ...{ rowid: 1, offset: 0, size, overflow: 0 }, local }, pages)?.length, path);
  const local = Buffer.alloc(limit + 1);
  writeFileSync(path, '');
  for (const [bytes, largest] of [
    [3000, 3000],
    [limit + 4096, limit],
  ] as const) {
    truncateSync(path, bytes);
    expect([sizeOf(largest), sizeOf(largest + 1)]).toEqual([largest, undefined]);
  }
});

test('the unused bytes at the end of each page are no part of a payload', () => {
  const path = join(directory.path, 'reserved.db');
  const bytes = Buffer.concat([1, 2, 3].map((number) => Buffer.alloc(512, number)));
  bytes.write('SQLite format 3\0', 'latin1');
  bytes.writeUInt16BE(512, 16);
  // Of 512 bytes, the last 32 are unused.
  bytes.writeUInt8(32, 20);
  bytes.writeUInt32BE(3, 512);
  writeFileSync(path, bytes);
  const cell = { ...{ rowid: 1, offset: 0, size: 2 + 476 + 5, overflow: 2 }, local: Buffer.from([9, 9]) };
  const payload = withPages((pages) => payloadOf(cell, pages), path);
  expect([...new Set(payload)]).toEqual([9, 2, 3]);
  expect(payload?.indexOf(3)).toBe(2 + 476);
});
