import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { countListedDropped, drop, listDropped } from '../../src/outbox/drop.ts';
import { type Entry, entryStates } from '../../src/outbox/entry.ts';
import { countEntries, type Filter, listEntries, listKeys } from '../../src/outbox/filter.ts';
import { all, everything, ids, newOutbox, put, type TestOutbox } from './queue.ts';

const streams = ['sam/casper', 'sam/derecho', 'usage/gust'];
const start = Date.parse('2025-11-25T00:00Z');

let test_: TestOutbox;
let entries: Entry[];
beforeAll(() => {
  test_ = newOutbox();
  const { outbox } = test_;
  outbox.database
    .transaction(() => {
      for (let index = 0; index < 600; index++) {
        // The clock is not the order.
        const collectedAt = new Date(start + ((index * 7919) % 600) * 1000);
        put(outbox, {
          collectedAt,
          state: entryStates[index % 4] ?? 'pending',
          stream: streams[(index >> 2) % 3] ?? 'sam/casper',
        });
      }
    })
    .immediate();
  entries = outbox.list('all');
});
afterAll(() => test_.remove());

const moment = fc.option(fc.integer({ min: -10, max: 610 }).map((seconds) => new Date(start + seconds * 1000)));
const filters: fc.Arbitrary<Filter> = fc.record({
  states: fc.subarray([...entryStates], { minLength: 1 }),
  stream: fc.option(fc.constantFrom(...streams, 'sam/none')),
  since: moment,
  until: moment,
});

const matches = (filter: Filter) => (entry: Entry) =>
  filter.states.includes(entry.state) &&
  (filter.stream === null || entry.stream === filter.stream) &&
  (filter.since === null || entry.collectedAt >= filter.since) &&
  (filter.until === null || entry.collectedAt < filter.until);

test('a filter returns the same entries as a plain loop, in the order of delivery', () => {
  fc.assert(
    fc.property(filters, fc.option(fc.integer({ min: 1, max: 700 })), (filter, limit) => {
      const expected = entries.filter(matches(filter));
      expect([...listEntries(test_.outbox, filter, limit)]).toEqual(expected.slice(0, limit ?? undefined));
      expect(ids(listKeys(test_.outbox, filter))).toEqual(ids(expected));
      expect(countEntries(test_.outbox, filter)).toBe(expected.length);
    }),
    { numRuns: 150 },
  );
});

test('a filter returns the same dropped entries as a plain loop, the last dropped first', () => {
  const { outbox, remove } = newOutbox();
  const dropped = Array.from({ length: 60 }, (_, index) =>
    put(outbox, {
      collectedAt: new Date(start + ((index * 7) % 60) * 10_000),
      stream: streams[index % 3] ?? 'sam/casper',
    }),
  );
  drop(outbox.database, dropped, 'by hand', new Date());
  fc.assert(
    fc.property(filters, fc.option(fc.integer({ min: 1, max: 70 })), (filter, limit) => {
      const expected = dropped.filter(matches({ ...filter, states: entryStates })).reverse();
      expect(ids(listDropped(outbox, limit ?? -1, filter))).toEqual(ids(expected.slice(0, limit ?? undefined)));
      expect(countListedDropped(outbox, filter)).toBe(expected.length);
    }),
    { numRuns: 100 },
  );
  remove();
});

test('an entry that is delivered between two pages is not listed as pending', () => {
  const { outbox, remove } = newOutbox();
  const all = outbox.database.transaction(() => Array.from({ length: 501 }, () => put(outbox))).immediate();
  const listing = listEntries(outbox, { ...everything, states: ['pending'] });
  expect(listing.next().value).toEqual(all[0]);
  const last = all.at(-1);
  if (last) outbox.delivered(last, { at: new Date(), seconds: 1, status: 201, outcome: 'accepted', detail: '' }, '{}');
  expect([...listing]).toHaveLength(499);
  remove();
});

describe('what is looked at often reads an index, never all entries', () => {
  const plan = (sql: string) =>
    test_.outbox.database
      .query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join('; ');

  test.each([
    [`SELECT min(stream) FROM entries WHERE state = 'pending' AND stream > 'a'`],
    [`SELECT min(sequence) FROM entries WHERE state = 'pending' AND stream = 'a'`],
    [`SELECT count(*) FROM entries WHERE state = 'pending' AND stream = 'a'`],
    [`SELECT id FROM entries WHERE id >= 'a' AND id < 'b' ORDER BY id`],
    [
      `SELECT sequence FROM entries INDEXED BY entries_delivered WHERE state = 'delivered' AND delivered_at < 1 ORDER BY delivered_at`,
    ],
  ])('%s', (sql) => {
    expect(plan(sql)).toContain('SEARCH entries USING');
    expect(plan(sql)).not.toMatch(/SCAN entries|TEMP B-TREE/);
  });
});

test('the heads are the oldest pending entries of each stream', () => {
  const expected = ['sam/casper', 'sam/derecho', 'usage/gust']
    .map((stream) => entries.find((entry) => entry.stream === stream && entry.state === 'pending'))
    .filter((entry) => entry !== undefined)
    .sort((one, other) => one.sequence - other.sequence);
  expect(expected).toHaveLength(3);
  expect(test_.outbox.heads('sam')).toEqual(expected);
  expect(test_.outbox.heads('usage')).toEqual([]);
  expect(all(test_.outbox)).toEqual(entries);
});
