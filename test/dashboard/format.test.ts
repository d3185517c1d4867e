/** How the dashboard writes numbers, CSV and command lines. */

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { csvOf } from '../../src/dashboard/format/csv.ts';
import { exact, partOfTebibytes, percent, short, tebibytes } from '../../src/dashboard/format/numbers.ts';
import { commandLine } from '../../src/dashboard/format/shell.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('numbers', () => {
  test.each([
    [0, '0'],
    [7.256, '7.26'],
    [1234, '1,234'],
    [9999, '9,999'],
    [323_712, '324 k'],
    [1_948_985, '1.95 M'],
    [2.5e12, '2.5 T'],
    [null, '–'],
    [undefined, '–'],
  ])('%p in a card is %p', (value, text) => expect(plain(short(value))).toBe(text));

  test.each([
    [323_712, '323,712'],
    [0.123456, '0.12'],
    [null, '–'],
  ])('%p in a table is %p', (value, text) => expect(exact(value)).toBe(text));

  test.each([
    [94.638, '94.6 %'],
    [100, '100 %'],
    [99.96, '99.9 %'],
    [0.01, '<0.1 %'],
    [0.06, '0.1 %'],
    [0, '0 %'],
    [null, '–'],
  ])('%p percent is %p: only a whole is 100, and only nothing is 0', (value, text) =>
    expect(plain(percent(value))).toBe(text),
  );

  test.each([
    [97, '97 TiB'],
    [1536, '1.5 PiB'],
    [0.002, '2.05 GiB'],
    [0.0001, '105 MiB'],
    [0, '0 TiB'],
    [null, '–'],
  ])('%p TiB is %p', (value, text) => expect(plain(tebibytes(value))).toBe(text));

  test.each([
    [0.0004, 0.0078125, '419 MiB of 8 GiB'],
    [0, 0.0078125, '0 GiB of 8 GiB'],
    [97, 1536, '97 TiB of 1.5 PiB'],
    [0, 0, '0 TiB of 0 TiB'],
    [null, 2, '– of 2 TiB'],
  ])('%p of %p TiB is %p', (part, total, text) => expect(plain(partOfTebibytes(part, total))).toBe(text));
});

describe('CSV', () => {
  test('quotes what needs it, keeps numbers, and leaves unknown values empty', () => {
    expect(csvOf([['name', 'say "hi", ok', 1.5, null]])).toBe('name,"say ""hi"", ok",1.5,\r\n');
  });

  test('no text is a formula for a spreadsheet', () => {
    fc.assert(
      fc.property(fc.constantFrom('=', '+', '-', '@', '\t'), fc.string(), (start, rest) => {
        expect(csvOf([[start + rest]])).toMatch(/^"?'/);
      }),
    );
  });

  test('every text can be read back', () => {
    const field = fc.string({ unit: 'grapheme' }).filter((text) => !/^[=+\-@\t\r]/.test(text));
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 5 }), (row) => {
        expect(readRow(csvOf([row]))).toEqual(row);
      }),
    );
  });
});

/** Reads one row by RFC 4180. */
function readRow(line: string): string[] {
  const text = `,${line.replace(/\r\n$/, '')}`;
  return [...text.matchAll(/,(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(
    ([, quoted, bare = '']) => quoted?.replaceAll('""', '"') ?? bare,
  );
}

test('a shell reads a command line as the words that were meant', () => {
  const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
      const ran = Bun.spawnSync(['sh', '-c', `printf '%s\\0' ${commandLine(words)}`]);
      expect(ran.stdout.toString().split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 50 },
  );
});
