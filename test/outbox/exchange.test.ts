/** Entries that go to another outbox. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { NumberedLine } from '../../src/lib/lines.ts';
import { usedBytes } from '../../src/outbox/database.ts';
import { type EntryState, entryStates } from '../../src/outbox/entry.ts';
import { exportEntries } from '../../src/outbox/export.ts';
import { countEntries } from '../../src/outbox/filter.ts';
import { type Imported, importEntries } from '../../src/outbox/import.ts';
import type { Outbox } from '../../src/outbox/outbox.ts';
import { all, attemptAt, everything, ids, newOutbox, noise, put, type TestOutbox } from './queue.ts';

let here: TestOutbox;
let there: TestOutbox;
beforeEach(() => {
  here = newOutbox();
  there = newOutbox();
});
afterEach(() => {
  here.remove();
  there.remove();
});

const lines = (outbox: Outbox): string[] =>
  [...exportEntries(outbox, all(outbox))].map((one) => (one.kind === 'line' ? one.line : one.reason));

async function* numbered(texts: readonly (string | null)[]): AsyncGenerator<NumberedLine> {
  for (const [index, text] of texts.entries()) yield { number: index + 1, byte: 0, text };
}

async function importInto(
  outbox: Outbox,
  texts: readonly (string | null)[],
  maxBytes = 2 ** 30,
): Promise<Imported & { complaints: string[] }> {
  const complaints: string[] = [];
  const imported = await importEntries(outbox, numbered(texts), maxBytes, (line, problem) => {
    complaints.push(`${line} ${problem}`);
  });
  return { ...imported, complaints };
}

const none = { taken: { pending: 0, held: 0, rejected: 0 }, here: 0, delivered: 0, bad: 0, fullAt: null };

/** What travels: not the place in the queue, and not the rest that one host took. */
const travelling = (outbox: Outbox) =>
  all(outbox).map((entry) => ({
    ...entry,
    sequence: null,
    nextAttemptAt: null,
    failedDrains: null,
    attemptsMade: outbox.attempts(entry),
    body: outbox.body(entry),
  }));

test('an export that is imported gives the same entries in the same order', async () => {
  const undelivered: readonly EntryState[] = entryStates.filter((state) => state !== 'delivered');
  const entry = fc.record({
    stream: fc.constantFrom('sam/casper', 'sam/derecho'),
    body: fc.oneof(fc.json(), fc.string({ unit: 'grapheme', maxLength: 200 })),
    failedProbes: fc.array(fc.string()),
    state: fc.constantFrom(...undelivered),
    rejectedBecause: fc.option(fc.string()),
    firstSentAt: fc.option(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })),
    tries: fc.nat(2),
  });
  await fc.assert(
    fc
      .asyncProperty(fc.array(entry, { maxLength: 6 }), async (entries) => {
        here.outbox.database
          .transaction(() => {
            for (const { tries, ...rest } of entries) {
              const stored = put(here.outbox, rest);
              for (let n = 0; n < tries; n++)
                here.outbox.failed(stored, attemptAt(new Date(n), { status: null, outcome: 'unavailable' }), {
                  charged: true,
                  mayHaveArrived: true,
                });
            }
          })
          .immediate();
        const result = await importInto(there.outbox, lines(here.outbox));
        expect(result.complaints).toEqual([]);
        expect(travelling(there.outbox)).toEqual(travelling(here.outbox));
      })
      .afterEach(() => {
        for (const { outbox } of [here, there]) outbox.database.run('DELETE FROM entries');
      }),
    { numRuns: 40 },
  );
});

test('entries that exist or were delivered are skipped and counted', async () => {
  put(here.outbox);
  put(here.outbox, { state: 'delivered' });
  const exported = lines(here.outbox);
  expect(await importInto(there.outbox, exported)).toMatchObject({ ...none, taken: { pending: 1 }, delivered: 1 });
  const before = travelling(there.outbox);
  expect(await importInto(there.outbox, [...exported, '', ' \t'])).toEqual({
    ...none,
    here: 1,
    delivered: 1,
    complaints: [],
  });
  expect(travelling(there.outbox)).toEqual(before);
});

const changed = (line: string, change: Record<string, unknown>) => JSON.stringify({ ...JSON.parse(line), ...change });

test.each<[string, (line: string) => string | null, RegExp]>([
  ['too long or no UTF-8', () => null, /^2 is too long or is not valid UTF-8$/],
  ['no JSON', (line) => line.slice(0, -5), /^2 is not JSON: ./],
  ['another JSON', () => '[]', /^2 is not an exported entry: the line must be a mapping, not a list$/],
  ['another body', (line) => changed(line, { body: '{"nodes":2}' }), /^2 is damaged: the sha-256 of its body differs$/],
  [
    'another sha-256',
    (line) => changed(line, { body_sha256: 'x' }),
    /^2 is not an exported entry: body_sha256 must be 64 hexadecimal digits$/,
  ],
  [
    'a destination that is not a name',
    (line) => changed(line, { destination: '1' }),
    /^2 is not an exported entry: destination must be a name$/,
  ],
  [
    'a path into the part above it',
    (line) => changed(line, { path: '/a/../b' }),
    /^2 is not an exported entry: path must be a path below the address$/,
  ],
  [
    'an attempt without a time',
    (line) => changed(line, { attempts_made: [{ seconds: 1, status: null, outcome: 'x', detail: '' }] }),
    /^2 is not an exported entry: attempts_made\.0\.at is missing$/,
  ],
  [
    'an outcome of 41 characters',
    (line) =>
      changed(line, {
        attempts_made: ['y'.repeat(40), 'x'.repeat(41)].map((outcome) => ({
          ...{ at: '2026-01-01T00:00:00Z', seconds: 1, status: null, outcome, detail: '' },
        })),
      }),
    /^2 is not an exported entry: attempts_made\.1\.outcome must/,
  ],
  [
    'a path to elsewhere',
    (line) => changed(line, { path: '//evil.example/' }),
    /path must be a path below the address/,
  ],
  ['a path with a host', (line) => changed(line, { path: '/a@evil.example' }), /path must be a path below the address/],
  [
    'an unknown state',
    (line) => changed(line, { state: 'sent' }),
    /state must be pending, held, rejected or delivered/,
  ],
  ['an invalid id', (line) => changed(line, { id: '../x' }), /id must be a UUID/],
  [
    'a stream with an escape',
    (line) => changed(line, { stream: 'sam/\u001b[2J' }),
    /stream must be printable, without blanks/,
  ],
])('a line with %s costs itself only', async (_, spoil, problem) => {
  put(here.outbox);
  put(here.outbox);
  put(here.outbox);
  const [first = '', second = '', third = ''] = lines(here.outbox);
  const result = await importInto(there.outbox, [first, spoil(second), third]);
  expect(result).toEqual({
    ...none,
    taken: { pending: 2, held: 0, rejected: 0 },
    bad: 1,
    complaints: [expect.stringMatching(problem)],
  });
  expect(all(there.outbox)).toHaveLength(2);
});

test('a time of collection can have an offset', async () => {
  put(here.outbox);
  const [line = ''] = lines(here.outbox);
  expect(await importInto(there.outbox, [changed(line, { collected_at: '2026-01-01T01:00:00+01:00' })])).toMatchObject({
    taken: { pending: 1 },
    bad: 0,
  });
  expect(all(there.outbox)[0]?.collectedAt).toEqual(new Date('2026-01-01T00:00:00Z'));
});

test('an entry with the timestamp and destination of another one is reported', async () => {
  const { collectedAt } = put(here.outbox);
  put(there.outbox, { collectedAt });
  const result = await importInto(there.outbox, lines(here.outbox));
  const complaints = ['1 another entry for sam was collected at the same millisecond'];
  expect(result).toEqual({ ...none, bad: 1, complaints });
});

test('imported entries are counted by their state', async () => {
  for (const state of ['pending', 'held', 'held', 'rejected', 'rejected', 'rejected'] as const)
    put(here.outbox, { state });
  expect(await importInto(there.outbox, lines(here.outbox))).toEqual({
    ...none,
    taken: { pending: 1, held: 2, rejected: 3 },
    complaints: [],
  });
});

test('an id in upper case is stored in lower case', async () => {
  const { id } = put(here.outbox);
  const [line = ''] = lines(here.outbox);
  await importInto(there.outbox, [changed(line, { id: id.toUpperCase() })]);
  expect(ids(all(there.outbox))).toEqual([id]);
});

test('an entry whose body is damaged is left out of the export, with the reason', () => {
  const damaged = put(here.outbox);
  const whole = put(here.outbox);
  here.outbox.database.query('UPDATE entries SET body_sha256 = ? WHERE id = ?').run('0'.repeat(64), damaged.id);
  expect([...exportEntries(here.outbox, all(here.outbox))]).toMatchObject([
    {
      kind: 'damaged',
      entry: { id: damaged.id },
      reason: `the body of entry ${damaged.id} is damaged: its sha-256 differs`,
    },
    { kind: 'line', entry: whole, line: expect.stringContaining(whole.id) },
  ]);
});

const half = 4 * 1024 ** 2;

test.each([
  ['200 entries', [...new Array(200).fill(2), 2, 2], 200],
  ['8 MiB', [half, half, 2, 2, 2], 2],
  ['more than 8 MiB', [half, half - 1, 2, 2, 2], 3],
])('%s are stored in one transaction', async (_, sizes, together) => {
  here.outbox.database
    .transaction(() => {
      for (const size of sizes) put(here.outbox, { body: 'x'.repeat(size) });
    })
    .immediate();
  const stored: number[] = [];
  async function* watched(): AsyncGenerator<NumberedLine> {
    for await (const line of numbered(lines(here.outbox))) {
      stored.push(countEntries(there.outbox, everything));
      yield line;
    }
  }
  const { taken } = await importEntries(there.outbox, watched(), 2 ** 30, () => {});
  expect(stored).toEqual(sizes.map((_, index) => (index < together ? 0 : together)));
  expect(taken.pending).toBe(sizes.length);
});

test('the space is full if the uncompressed bodies would exceed it by a byte', async () => {
  for (const body of ['1', '22', '333']) put(here.outbox, { body });
  const exported = lines(here.outbox);
  const used = usedBytes(there.outbox.database);
  expect(await importInto(there.outbox, exported, used + 5)).toEqual({ ...none, fullAt: 1, complaints: [] });
  expect((await importInto(there.outbox, exported, used + 6)).taken.pending).toBe(3);
});

test('if the disk is full, the imported entries stay and the error names the line', async () => {
  here.outbox.database
    .transaction(() => {
      for (let n = 0; n < 30; n++) put(here.outbox, { body: noise(500_000) });
    })
    .immediate();
  const exported = lines(here.outbox);
  const room = usedBytes(there.outbox.database) + 10 * 1024 ** 2;
  const result = await importInto(there.outbox, exported, room);
  expect(result.taken.pending).toBeGreaterThan(0);
  expect(result.taken.pending).toBeLessThan(30);
  expect(result.fullAt).toBe(result.taken.pending + 1);
  expect(all(there.outbox)).toHaveLength(result.taken.pending);
  expect(usedBytes(there.outbox.database)).toBeLessThanOrEqual(room);
  expect(await importInto(there.outbox, exported)).toMatchObject({ here: result.taken.pending, fullAt: null });
  expect(all(there.outbox)).toHaveLength(30);
});
