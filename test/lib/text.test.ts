import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { counted, printable } from '../../src/lib/text.ts';

test.each([
  ['plain', 'plain'],
  ['two\nlines\r\nand\ttab', 'two lines and tab'],
  ['\u001b[31mred\u0007', '\\x1b[31mred\\x07'],
  ['C1 \u009b2J', 'C1 \\x9b2J'],
  ['right\u202eleft', 'right\\x202eleft'],
  ['  around  ', 'around'],
  ['caf\u00e9 漢字 🚧', 'caf\u00e9 漢字 🚧'],
])('%j is printed as %j', (text, expected) => {
  expect(printable(text)).toBe(expected);
});

test('printable text has no control characters, for any input', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0x20ff), { maxLength: 50 }), fc.nat(100), (codes, length) => {
      expect(printable(String.fromCharCode(...codes), length)).not.toMatch(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});

test('text that is too long is cut, with an ellipsis', () => {
  expect(printable('abcdef', 3)).toBe('abc…');
  expect(printable('abc', 3)).toBe('abc');
});

test.each([
  [0, '0 nodes'],
  [1, '1 node'],
  [2, '2 nodes'],
])('%d is counted as %p', (count, expected) => {
  expect(counted(count, 'node')).toBe(expected);
});

test('a noun may have a plural of its own', () => {
  expect(counted(2, 'entry', 'entries')).toBe('2 entries');
});
