/** What other rooms ask the outbox about its entries. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { usedBytes } from '../../src/outbox/database.ts';
import { drop } from '../../src/outbox/drop.ts';
import type { Attempt } from '../../src/outbox/entry.ts';
import { latestEntries, newestDelivered, pendingStreams, streamHeads, streamNames } from '../../src/outbox/latest.ts';
import { putNewestFirstStreams } from '../../src/outbox/order.ts';
import { DamageError, isDamage, isReadFault, isReplaced } from '../../src/outbox/recovery/damage.ts';
import { destinationName, problemOfRequest } from '../../src/outbox/request-parts.ts';
import { countGivenUp, countPrunable, prune } from '../../src/outbox/retention.ts';
import { hasStream, streamsDelivered, streamsDropped } from '../../src/outbox/streams.ts';
import { mayBeThere, waitingOf } from '../../src/outbox/waiting.ts';
import { attemptAt, get, newOutbox, noise, put, type TestOutbox } from './queue.ts';

let box: TestOutbox;
beforeEach(() => {
  box = newOutbox();
});
afterEach(() => box.remove());

const now = new Date('2026-01-10T12:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

describe('why an entry is not delivered', () => {
  const reasonOf = (id: string) => waitingOf(box.outbox, get(box.outbox, id), now);
  const rest = (id: string, at: Date | null, error: string | null) =>
    box.outbox.database
      .query('UPDATE entries SET next_attempt_at = ?, last_error = ?, attempts = 1 WHERE id = ?')
      .run(at?.getTime() ?? null, error, id);

  test('by its state', () => {
    const held = put(box.outbox, { state: 'held' });
    const rejected = put(box.outbox, { state: 'rejected', rejectedBecause: 'HTTP 400: no' });
    expect(reasonOf(put(box.outbox, { state: 'delivered' }).id)).toBeNull();
    expect(reasonOf(held.id)).toEqual({ reason: 'held; to send it: outbox release', until: null });
    expect(reasonOf(rejected.id)).toEqual({
      reason: 'rejected: HTTP 400: no; send it again with outbox retry, or delete it with outbox drop',
      until: null,
    });
  });

  test('by its place in its stream', () => {
    const [first, second, third] = [1, 2, 3].map(() => put(box.outbox));
    put(box.outbox, { stream: 'sam/derecho' });
    const reasons = () => [first, second, third].map((entry) => reasonOf(entry?.id ?? ''));
    expect(reasons()).toEqual([
      { reason: 'the next drain sends it', until: null },
      { reason: '1 older entry of its stream must be delivered first; the oldest is due', until: null },
      { reason: '2 older entries of its stream must be delivered first; the oldest is due', until: null },
    ]);
    rest(first?.id ?? '', ago(-10), 'HTTP 503');
    expect(reasons().slice(0, 2)).toEqual([
      { reason: 'the stream rests: HTTP 503', until: ago(-10) },
      {
        reason: '1 older entry of its stream must be delivered first; the stream rests: HTTP 503',
        until: ago(-10),
      },
    ]);
    rest(first?.id ?? '', now, 'HTTP 503');
    expect(reasons()[0]).toEqual({ reason: 'the next drain sends it: HTTP 503', until: null });
  });

  test('of a stream whose newest entry is sent first', () => {
    putNewestFirstStreams(box.outbox, new Set(['sam/casper']));
    const [first, second, third] = [1, 2, 3].map(() => put(box.outbox));
    const reasons = [first, second, third].map((entry) => reasonOf(entry?.id ?? '')?.reason);
    expect(reasons).toEqual([
      'the newest entry of its stream must be delivered first; the oldest is due',
      'the newest entry and 1 older entry of its stream must be delivered first; the oldest is due',
      'the next drain sends it',
    ]);
    expect(streamHeads(box.outbox).get('sam/casper')?.id).toBe(third?.id ?? '');
  });
});

describe('whether the destination may have an entry', () => {
  const tried = (...answers: (readonly [string, number | null])[]): Attempt[] =>
    answers.map(([outcome, status]) => attemptAt(now, { outcome, status }));

  test.each([
    ['never sent', 'pending', null, [], false],
    ['sent', 'pending', ago(1), tried(['unavailable', null]), true],
    ['sent, then rejected', 'rejected', ago(1), tried(['unavailable', null], ['rejected', 400]), true],
    ['delivered at once', 'delivered', ago(1), tried(['accepted', 201]), false],
    ['delivered after no answer', 'delivered', ago(1), tried(['unavailable', null], ['accepted', 201]), true],
    ['delivered after 500', 'delivered', ago(1), tried(['unavailable', 500], ['accepted', 201]), true],
    ['delivered after 429', 'delivered', ago(1), tried(['unavailable', 429], ['accepted', 201]), false],
    ['delivered after a refusal', 'delivered', ago(1), tried(['misconfigured', 502], ['accepted', 201]), false],
    ['stored before', 'delivered', ago(1), tried(['unavailable', null], ['accepted', 409]), false],
    ['stored before, by a 400', 'delivered', ago(1), tried(['unavailable', null], ['accepted', 400]), false],
    ['stored before, by a 500', 'delivered', ago(1), tried(['unavailable', null], ['accepted', 500]), false],
    ['without attempts', 'delivered', ago(1), [], false],
  ] as const)('%s', (_, state, firstSentAt, attempts, isThere) => {
    expect(mayBeThere(put(box.outbox, { state, firstSentAt }), attempts)).toBe(isThere);
  });
});

test('the names of streams: of entries, of deliveries and of dropped entries', () => {
  const { outbox } = box;
  const names = ['sam/derecho', 'sam/casper', 'sam/casper', 'ingest/farm'];
  const entries = names.map((stream) => put(outbox, { stream }));
  expect(streamNames(outbox)).toEqual(['ingest/farm', 'sam/casper', 'sam/derecho']);
  expect(
    pendingStreams(outbox)
      .map(({ stream }) => stream)
      .sort(),
  ).toEqual(['ingest/farm', 'sam/casper', 'sam/derecho']);
  const [derecho, casper, , farm] = entries;
  if (!derecho || !casper || !farm) throw new Error('there are four');
  outbox.delivered(derecho, attemptAt(ago(10)), '{}');
  drop(outbox.database, [farm], 'x', now);
  expect(streamNames(outbox)).toEqual(['sam/casper', 'sam/derecho']);
  expect(pendingStreams(outbox)).toEqual([{ stream: 'sam/casper', destination: 'sam' }]);
  expect(['sam/derecho', 'sam/casper', 'ingest/farm', 'sam'].map((name) => hasStream(outbox, name))).toEqual([
    ...[true, true, false, false],
  ]);
  expect(streamsDropped(outbox)).toEqual(['ingest/farm']);
  expect([ago(10), ago(9)].map((since) => streamsDelivered(outbox, since))).toEqual([['sam/derecho'], []]);
  expect([...newestDelivered(outbox)]).toEqual([['sam/derecho', derecho.collectedAt]]);
  drop(outbox.database, [get(outbox, derecho.id)], '', now);
  expect(streamNames(outbox)).toEqual(['sam/casper', 'sam/derecho']);
});

test('the latest entries of a stream are those that were stored last, by their time', () => {
  const minutes = [50, 40, 10, 30, 20];
  for (const age of minutes) put(box.outbox, { collectedAt: ago(age), failedProbes: [`${age}`] });
  put(box.outbox, { collectedAt: ago(5), stream: 'sam/derecho' });
  const found = (until: Date, limit: number) =>
    latestEntries(box.outbox, 'sam/casper', until, limit).map(({ failedProbes }) => failedProbes[0]);
  expect(found(now, 3)).toEqual(['10', '20', '30']);
  expect(found(ago(20), 9)).toEqual(['20', '30', '40', '50']);
});

test('the entries that were lost for lack of space in a time are counted, not those that a person dropped', () => {
  const { outbox } = box;
  const dropped = put(outbox);
  drop(outbox.database, [dropped], 'by a person', now);
  for (let n = 0; n < 5; n++) put(outbox, { body: noise(30_000) });
  const maxBytes = usedBytes(outbox.database);
  const { undelivered } = prune(outbox, { keepDeliveredDays: 7, maxBytes }, 20_000, now, []);
  expect(undelivered.length).toBeGreaterThan(0);
  const lost = (since: Date) => countGivenUp(outbox, since);
  expect([lost(now), lost(ago(1)), lost(ago(-1))]).toEqual([undelivered.length, undelivered.length, 0]);
});

test('an entry is kept to the last millisecond of its time', () => {
  const bounds = { keepDeliveredDays: 7, maxBytes: 2 ** 31 };
  const delivered = (at: number) => {
    const entry = put(box.outbox, { state: 'delivered' });
    box.outbox.database.query('UPDATE entries SET delivered_at = ? WHERE id = ?').run(at, entry.id);
  };
  const limit = now.getTime() - 7 * 86_400_000;
  delivered(limit);
  expect(countPrunable(box.outbox, bounds, now)).toEqual({ entries: 0, bytes: 0 });
  delivered(limit - 1);
  expect(countPrunable(box.outbox, bounds, now)).toEqual({ entries: 1, bytes: 11 });
  expect(prune(box.outbox, bounds, 0, now, []).delivered).toBe(1);
});

describe('a request', () => {
  test.each([
    ['POST', '/api/v1/status/casper', null],
    ['POST', '/73%5B4%5D/n-1.json', null],
    ['GET', '/a', "its method 'GET' is not POST"],
    ['POST', 'a', 'leads away'],
    ['POST', '/', 'leads away'],
    ['POST', '//a', 'leads away'],
    ['POST', '/a/', 'leads away'],
    ['POST', '/a?b', 'leads away'],
    ['POST', '/a/../b', 'leads away'],
    ['POST', '/./b', 'leads away'],
    ['POST', '/%2E%2e', 'leads away'],
    ['POST', '/a%2Fb', 'leads away'],
    ['POST', '/a%5cb', 'leads away'],
    ['POST', '/a%00', 'leads away'],
    ['POST', `/${'a'.repeat(499)}`, null],
    ['POST', `/${'a'.repeat(500)}`, `its path '/${'a'.repeat(99)}…' leads away from the API`],
    ['POST', `/${'a'.repeat(98)}?`, `its path '/${'a'.repeat(98)}?' leads away from the API`],
    ['A'.repeat(40), '/a', `its method '${'A'.repeat(40)}' is not POST`],
    ['A'.repeat(41), '/a', `its method '${'A'.repeat(40)}…' is not POST`],
  ])('%s %s', (method, path, problem) => {
    const found = problemOfRequest({ method, path });
    if (problem === null) expect(found).toBeNull();
    else expect(found).toContain(problem);
  });

  test.each([
    ['sam', true],
    ['Our-own_1.x', true],
    ['a'.repeat(100), true],
    ['a'.repeat(101), false],
    ['', false],
    ['1a', false],
    ['__proto__', false],
    ['a/b', false],
    ['a b', false],
  ])('to the destination %p: %p', (name, isValid) => {
    expect(destinationName.safeParse(name).success).toBe(isValid);
  });
});

test.each([
  ['SQLITE_NOTADB', true, false, false],
  ['SQLITE_CORRUPT', true, false, false],
  ['SQLITE_CORRUPT_INDEX', true, false, false],
  ['SQLITE_IOERR_READ', false, true, false],
  ['SQLITE_IOERR_SHORT_READ', false, true, false],
  ['SQLITE_IOERR_CORRUPTFS', false, true, false],
  ['SQLITE_IOERR_FSTAT', false, true, false],
  ['EIO', false, true, false],
  ['ESTALE', false, true, false],
  ['SQLITE_IOERR_WRITE', false, false, false],
  ['SQLITE_READONLY_DBMOVED', false, false, true],
  ['SQLITE_FULL', false, false, false],
])(
  'the error %s, also as a cause, is damage: %p, a failed read: %p, a replaced file: %p',
  (code, damage, fault, moved) => {
    const error = Object.assign(new Error('x'), { code });
    for (const one of [error, new Error('y', { cause: new Error('z', { cause: error }) })])
      expect([isDamage(one), isReadFault(one), isReplaced(one)]).toEqual([damage, fault, moved]);
  },
);

test('an error that is its own cause is looked at once', () => {
  const error: Error = new Error('x');
  error.cause = error;
  expect([isDamage(error), isDamage(new DamageError('y')), isDamage('z')]).toEqual([false, true, false]);
});
