import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { PageFile } from '../../../src/outbox/recovery/pages.ts';
import {
  type Cell,
  type CellValue,
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

function withPages<T>(use: (pages: PageFile) => T): T {
  const pages = new PageFile(file);
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
