import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { OperatorError } from '../../src/lib/errors.ts';
import type { Entry } from '../../src/outbox/entry.ts';
import { entriesOf } from '../../src/outbox/selection.ts';
import { ids, newOutbox, put, type TestOutbox } from './queue.ts';

let here: TestOutbox;
let entries: Entry[];
beforeAll(() => {
  here = newOutbox();
  entries = here.outbox.database.transaction(() => Array.from({ length: 60 }, () => put(here.outbox))).immediate();
});
afterAll(() => here.remove());

test('a prefix selects the only matching entry; a prefix of none or several is an error', () => {
  const prefix = fc.oneof(
    fc.tuple(fc.nat(59), fc.nat(36)).map(([index, length]) => entries[index]?.id.slice(0, length) ?? ''),
    fc.string({ maxLength: 8 }),
    fc.constantFrom('', '%', '_', "' OR 1=1 --", 'zz', '\u{10ffff}'),
  );
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 5 }), (prefixes) => {
      const found = prefixes.map((word) =>
        word === '' ? [] : entries.filter(({ id }) => id.startsWith(word.toLowerCase())),
      );
      if (found.every(({ length }) => length === 1)) {
        expect(ids(entriesOf(here.outbox, prefixes))).toEqual([...new Set(ids(found.flat()))]);
      } else expect(() => entriesOf(here.outbox, prefixes)).toThrow(OperatorError);
    }),
    { numRuns: 300 },
  );
});

test('case does not matter', () => {
  const [entry] = entries;
  expect(ids(entriesOf(here.outbox, [entry?.id.toUpperCase() ?? '']))).toEqual([entry?.id ?? '']);
});

/** The message of the error for some words. */
function refusalOf(...words: string[]): string {
  try {
    entriesOf(here.outbox, words);
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  throw new Error('every word selects an entry');
}

const unknown = (word: string) => `there is no entry ${word}: see hpc-collector outbox ls --state all`;

test.each([
  [1, ''],
  [2, ''],
  [5, ''],
  [6, '; and 1 more'],
  [7, '; and 2 more'],
])('of %p problems at most five are reported, and the rest is counted', (count, more) => {
  const words = Array.from({ length: count }, (_, index) => `f${index}`);
  expect(refusalOf(...words)).toBe(words.slice(0, 5).map(unknown).join('; ') + more);
});

test('an unknown word is reported with its first forty characters', () => {
  expect(refusalOf('x'.repeat(40))).toBe(unknown('x'.repeat(40)));
  expect(refusalOf('x'.repeat(41))).toBe(unknown(`${'x'.repeat(40)}…`));
});

test('a prefix of several entries is reported with two of them, and an empty one selects none', () => {
  const [first, second] = ids(entries);
  expect(refusalOf('0')).toBe(`0 begins the id of more than one entry (${first}, ${second}, …): give more characters`);
  expect(refusalOf('')).toBe(unknown(''));
});
