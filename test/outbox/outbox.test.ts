import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Attempt, Entry } from '../../src/outbox/entry.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { addEntry } from '../support/add-entry.ts';
import { quickDirectory } from '../support/files.ts';
import { again, newEntry, store } from './helper.ts';

let directory: ReturnType<typeof quickDirectory>;
let file: string;
let outbox: Outbox;
beforeEach(() => {
  directory = quickDirectory();
  file = join(directory.path, 'outbox.db');
  outbox = new Outbox(file);
});
afterEach(() => {
  outbox.close();
  directory.remove();
});

/** Changes the file behind the outbox's back. */
function change(statement: string): void {
  const database = new Database(file);
  database.run(statement);
  database.close();
}

const attempt = (rest: Partial<Attempt> = {}): Attempt => ({
  at: new Date(Date.UTC(2026, 5, 1)),
  seconds: 1.5,
  status: 503,
  outcome: 'unavailable',
  detail: 'HTTP 503',
  ...rest,
});

describe('a body', () => {
  test('is read back byte for byte, for any content', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constant('\ufeff{}')), (body) => {
        const entry = store(outbox, { body });
        expect(outbox.body(entry)).toBe(body);
        expect(entry.bodyBytes).toBe(Buffer.byteLength(body));
        expect(entry.bodySha256).toBe(createHash('sha256').update(body).digest('hex'));
      }),
      { numRuns: 50 },
    );
  });

  test('of 10 MB is read back, and is stored compressed', () => {
    const body = JSON.stringify(
      Array.from({ length: 200_000 }, (_, index) => ({ username: `user${index % 500}`, n: 0 })),
    );
    const entry = store(outbox, { body });
    expect(outbox.body(entry)).toBe(body);
    expect(Bun.file(file).size).toBeLessThan(body.length / 5);
  });

  test.each([
    [
      'is of another body',
      `UPDATE bodies SET gzip = (SELECT gzip FROM bodies WHERE entry = 2) WHERE entry = 1`,
      /^the body of entry .* is damaged: its sha-256 differs$/,
    ],
    ['has another sha-256', `UPDATE entries SET body_sha256 = 'x' WHERE sequence = 1`, /its sha-256 differs/],
    ['cannot be unpacked', `UPDATE bodies SET gzip = zeroblob(40) WHERE entry = 1`, /./],
    ['is cut', `UPDATE bodies SET gzip = substr(gzip, 1, length(gzip) - 9) WHERE entry = 1`, /./],
    ['is gone', `DELETE FROM bodies WHERE entry = 1`, /^entry .* does not exist any more$/],
  ])('that %s is not given out', (_, damage, words) => {
    const entry = store(outbox, { body: '{"a":1}' });
    const other = store(outbox, { body: '{"b":2}' });
    change(damage);
    expect(() => outbox.body(outbox.withPrefix(entry.id, 1)[0] ?? entry)).toThrow(words);
    expect(outbox.body(other)).toBe('{"b":2}');
  });
});

test('an entry is read back as it was stored, by another process too', () => {
  const entry = newEntry({ failedProbes: ['jobs', 'nodes (partial)'], path: '/p', stream: 'sam/ü' });
  const id = addEntry(outbox, entry);
  const other = new Outbox(file);
  const [read] = other.list('all');
  other.close();
  expect(read).toEqual({
    sequence: 1,
    id,
    stream: 'sam/ü',
    destination: 'sam',
    method: 'POST',
    path: '/p',
    bodyBytes: entry.body.length,
    bodySha256: expect.any(String),
    collectedAt: entry.collectedAt,
    state: 'pending',
    attempts: 0,
    failedDrains: 0,
    firstSentAt: null,
    nextAttemptAt: null,
    lastStatus: null,
    lastError: null,
    deliveredAt: null,
    answer: null,
    failedProbes: ['jobs', 'nodes (partial)'],
  });
});

test('ids grow with the entries, and a prefix finds them', () => {
  expect(outbox.has('0')).toBe(false);
  const entries = Array.from({ length: 20 }, () => store(outbox));
  const ids = entries.map((entry) => entry.id);
  expect(ids.toSorted()).toEqual(ids);
  expect(outbox.withPrefix(ids[7] ?? '', 2).map((entry) => entry.id)).toEqual([ids[7] ?? '']);
  expect(outbox.withPrefix(ids[0]?.slice(0, 4) ?? '', 5).length).toBe(5);
  expect(outbox.withPrefix('%', 5)).toEqual([]);
  expect([ids[7] ?? '', ids[7]?.slice(0, -1) ?? ''].map((id) => outbox.has(id))).toEqual([true, false]);
});

describe('a timestamp', () => {
  const timeOf = (id: string) => again(outbox, id).collectedAt.getTime();

  test('is given to one entry of a destination: the next one gets the next free millisecond', () => {
    const { collectedAt } = store(outbox, { stream: 'sam/derecho' });
    const ids = ['casper', 'derecho'].map((name) => addEntry(outbox, newEntry({ stream: `sam/${name}`, collectedAt })));
    expect(ids.map(timeOf)).toEqual([collectedAt.getTime() + 1, collectedAt.getTime() + 2]);
  });

  test('can be the same at another destination', () => {
    const { collectedAt } = store(outbox);
    expect(timeOf(addEntry(outbox, newEntry({ destination: 'history', collectedAt })))).toBe(collectedAt.getTime());
  });

  test('is known to the entry that is made with it', () => {
    const { collectedAt } = store(outbox);
    const { id, entry } = outbox.add(collectedAt, (time) => newEntry({ collectedAt: time, body: time.toISOString() }));
    expect(entry.body).toBe(new Date(collectedAt.getTime() + 1).toISOString());
    expect(outbox.body(again(outbox, id))).toBe(entry.body);
  });
});

describe('the head of a stream', () => {
  const heads = () => outbox.heads('sam').map((entry) => entry.sequence);

  test('is its oldest pending entry by sequence, not by clock', () => {
    store(outbox, { stream: 'sam/a', collectedAt: new Date(2_000_000) });
    store(outbox, { stream: 'sam/a', collectedAt: new Date(1_000_000) });
    store(outbox, { stream: 'sam/b', collectedAt: new Date(500_000) });
    expect(heads()).toEqual([1, 3]);
  });

  test('moves on when it is delivered, rejected or held, and comes back when it is retried', () => {
    const entries = [1, 2, 3, 4].map(() => store(outbox)) as [Entry, Entry, Entry, Entry];
    outbox.delivered(entries[0], attempt(), '{}');
    expect(heads()).toEqual([2]);
    outbox.rejected(entries[1], attempt(), true);
    expect(heads()).toEqual([3]);
    change(`UPDATE entries SET state = 'held' WHERE sequence = 3`);
    expect(heads()).toEqual([4]);
    outbox.retry(again(outbox, entries[1].id));
    expect(heads()).toEqual([2]);
  });

  test('of another destination is not among them', () => {
    store(outbox, { destination: 'history' });
    expect(heads()).toEqual([]);
  });

  test('a sequence is never given twice, even when the newest entry is gone', () => {
    store(outbox);
    change('DELETE FROM entries');
    expect(store(outbox).sequence).toBe(2);
  });
});

describe('the states of an entry', () => {
  test('pending → delivered: with the answer, and without what failed before', () => {
    const entry = store(outbox);
    outbox.sending(entry, new Date(1000));
    outbox.failed(entry, attempt(), { charged: true, mayHaveArrived: true });
    outbox.postpone(entry, new Date(5000));
    const last = attempt({ at: new Date(9000), status: 201, outcome: 'accepted', detail: 'status_id=4' });
    outbox.delivered(entry, last, '{"status_id":4}');
    expect(again(outbox, entry.id)).toMatchObject({
      state: 'delivered',
      attempts: 2,
      lastStatus: 201,
      lastError: null,
      deliveredAt: new Date(9000),
      nextAttemptAt: null,
      answer: '{"status_id":4}',
    });
    expect(outbox.attempts(entry)).toEqual([attempt(), last]);
    expect(outbox.retry(entry)).toBe(false);
    expect(again(outbox, entry.id).state).toBe('delivered');
  });

  test('pending → rejected → pending: by retry, due at once, its attempts kept', () => {
    const entry = store(outbox);
    outbox.postpone(entry, new Date(5000));
    outbox.rejected(entry, attempt({ status: 400, detail: 'HTTP 400: bad' }), false);
    expect(again(outbox, entry.id)).toMatchObject({
      state: 'rejected',
      attempts: 1,
      lastStatus: 400,
      lastError: 'HTTP 400: bad',
      nextAttemptAt: null,
    });
    expect(outbox.retry(entry)).toBe(true);
    expect(again(outbox, entry.id)).toMatchObject({
      state: 'pending',
      attempts: 1,
      failedDrains: 0,
      nextAttemptAt: null,
    });
    expect(outbox.attempts(entry).length).toBe(1);
  });

  test('stored as rejected: with the reason, and not among the heads', () => {
    const entry = store(outbox, { rejectedBecause: 'the API would not accept it' });
    expect(entry).toMatchObject({ state: 'rejected', lastError: 'the API would not accept it', attempts: 0 });
    expect(outbox.heads('sam')).toEqual([]);
  });

  test('a held entry is not made due by retry', () => {
    const entry = store(outbox);
    change(`UPDATE entries SET state = 'held'`);
    expect(outbox.retry(entry)).toBe(false);
    expect(again(outbox, entry.id).state).toBe('held');
  });

  test('an attempt that is not charged is a row, and does not count', () => {
    const entry = store(outbox);
    outbox.failed(entry, attempt({ status: 401 }), { charged: false, mayHaveArrived: false });
    expect(again(outbox, entry.id)).toMatchObject({ state: 'pending', attempts: 0, lastStatus: 401 });
    expect(outbox.attempts(entry).length).toBe(1);
  });

  test('a state that does not exist cannot be stored', () => {
    store(outbox);
    expect(() => change(`UPDATE entries SET state = 'lost'`)).toThrow(/CHECK constraint failed/);
  });
});

describe('whether an entry may have arrived', () => {
  test('is noted when it is first sent, and not moved by later tries', () => {
    const entry = store(outbox);
    outbox.sending(entry, new Date(1000));
    outbox.sending(entry, new Date(2000));
    outbox.failed(entry, attempt(), { charged: true, mayHaveArrived: true });
    expect(again(outbox, entry.id).firstSentAt).toEqual(new Date(1000));
  });

  test.each([
    ['failed', (entry: Entry) => outbox.failed(entry, attempt(), { charged: true, mayHaveArrived: false })],
    ['rejected', (entry: Entry) => outbox.rejected(entry, attempt(), false)],
  ])('is taken back where it cannot: %s', (_, finish) => {
    const entry = store(outbox);
    outbox.sending(entry, new Date(1000));
    finish(entry);
    expect(again(outbox, entry.id).firstSentAt).toBeNull();
  });
});

test('lists and counts are by state, oldest first', () => {
  const entries = [1, 2, 3, 4].map(() => store(outbox)) as [Entry, Entry, Entry, Entry];
  store(outbox, { stream: 'sam/casper' });
  outbox.delivered(entries[1], attempt(), '{}');
  outbox.rejected(entries[2], attempt(), false);
  change(`UPDATE entries SET state = 'held' WHERE sequence = 4`);
  const sequences = (state: Parameters<Outbox['list']>[0]) => outbox.list(state).map((entry) => entry.sequence);
  expect(sequences('all')).toEqual([1, 2, 3, 4, 5]);
  expect(sequences(null)).toEqual([1, 3, 4, 5]);
  expect(sequences('pending')).toEqual([1, 5]);
  expect(sequences('delivered')).toEqual([2]);
  expect(sequences('rejected')).toEqual([3]);
  expect(sequences('held')).toEqual([4]);
  expect([outbox.countPending(null), outbox.countPending('sam/casper')]).toEqual([2, 1]);
});

test.each([
  ['pending', () => {}, true],
  ['held', (entry: Entry) => outbox.hold(entry, 'a person said so'), true],
  ['rejected', (entry: Entry) => outbox.rejected(entry, attempt(), false), true],
  ['delivered', (entry: Entry) => outbox.delivered(entry, attempt(), '{}'), false],
] as const)(
  'a stream with a %s entry, among others, counts as one with undelivered entries: %#',
  (_, change, isUndelivered) => {
    change(store(outbox, { stream: 'ingest/farm' }));
    store(outbox, { stream: 'sam/casper' });
    expect(outbox.hasUndelivered((stream) => stream === 'ingest/farm')).toBe(isUndelivered);
    expect(outbox.hasUndelivered((stream) => stream === 'sam/derecho')).toBe(false);
  },
);

test('entries since a time are of one stream, newest first', () => {
  const at = (minute: number) => ({ collectedAt: new Date(Date.UTC(2026, 3, 1, 0, minute)) });
  for (const minute of [1, 2, 3]) store(outbox, at(minute));
  store(outbox, { stream: 'sam/casper', ...at(4) });
  expect(outbox.since('sam/derecho', at(2).collectedAt).map((entry) => entry.sequence)).toEqual([3, 2]);
});

test('an attempt and what it changes are stored together or not at all', () => {
  const entry = store(outbox);
  change(`CREATE TRIGGER refuse BEFORE UPDATE ON entries BEGIN SELECT raise(ABORT, 'disk on fire'); END`);
  expect(() => outbox.delivered(entry, attempt(), '{}')).toThrow('disk on fire');
  expect(outbox.attempts(entry)).toEqual([]);
});
