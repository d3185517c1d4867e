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

test('up to five problems are reported at once', () => {
  expect(() => entriesOf(here.outbox, ['f1', 'f2'])).toThrow(/no entry f1.*; there is no entry f2/);
  expect(() => entriesOf(here.outbox, ['f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7'])).toThrow(/f5.*; and 2 more/);
});
