import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Entry } from '../../src/outbox/entry.ts';
import { choicesOf, newestFirstStreams, putNewestFirstStreams } from '../../src/outbox/order.ts';
import { attemptAt, newOutbox, put, type TestOutbox } from './queue.ts';

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

const newestFirst = (...systems: string[]) =>
  putNewestFirstStreams(here.outbox, new Set(systems.map((system) => `sam/${system}`)));
const store = (...systems: string[]) => systems.map((system) => put(here.outbox, { stream: `sam/${system}` }));

/** The choices as `NUMBER of STREAM`; an entry that precedes all backlogs has a mark. */
const chosen = (after: Entry | null = null, destination: string | null = 'sam') =>
  choicesOf(here.outbox, destination, after).map(
    ({ entry, isCurrent }) => `${entry.sequence} of ${entry.stream}${isCurrent ? ' (current)' : ''}`,
  );

describe('the next entries', () => {
  test('are the oldest of each stream, the first stored one first', () => {
    store('derecho', 'casper', 'derecho');
    put(here.outbox, { stream: 'ingest/farm', destination: 'ingest' });
    expect(chosen()).toEqual(['1 of sam/derecho', '2 of sam/casper']);
    expect(chosen(null, null)).toEqual(['1 of sam/derecho', '2 of sam/casper', '4 of ingest/farm']);
  });

  test('come after an entry that counts as delivered', () => {
    const [first, second, third] = store('derecho', 'casper', 'derecho');
    expect(chosen(first)).toEqual(['2 of sam/casper', '3 of sam/derecho']);
    expect(chosen(second)).toEqual(['1 of sam/derecho']);
    expect(chosen(third)).toEqual(['1 of sam/derecho', '2 of sam/casper']);
  });

  test('are the newest ones first, then the oldest ones, of streams whose newest entry goes first', () => {
    newestFirst('casper', 'derecho');
    const entries = store('gust', 'derecho', 'casper', 'casper', 'derecho', 'gust');
    expect(chosen()).toEqual(['4 of sam/casper (current)', '5 of sam/derecho (current)', '1 of sam/gust']);
    expect(chosen(entries[3])).toEqual(['5 of sam/derecho (current)', '1 of sam/gust', '3 of sam/casper']);
    expect(choicesOf(here.outbox, 'sam').map(({ head }) => head.sequence)).toEqual([3, 2, 1]);
  });

  test('are none of a stream whose only entry counts as delivered', () => {
    newestFirst('casper');
    const [casper] = store('casper', 'derecho');
    expect(chosen(casper)).toEqual(['2 of sam/derecho']);
  });

  test('are the oldest ones if a newer entry of the stream is delivered', () => {
    newestFirst('casper');
    const [, , newest] = store('casper', 'casper', 'casper');
    if (newest) here.outbox.delivered(newest, attemptAt(new Date()), '{}');
    expect(chosen()).toEqual(['1 of sam/casper']);
  });
});

describe('the rest of a stream', () => {
  const soon = (minutes: number) => new Date(Math.floor(Date.now() / 1000) * 1000 + minutes * 60_000);
  const fail = (entry: Entry | undefined, detail: string, until: Date | null) => {
    if (!entry) throw new Error('nothing was stored');
    const attempt = attemptAt(new Date(), { status: 503, outcome: 'unavailable', detail });
    here.outbox.failed(entry, attempt, { charged: true, mayHaveArrived: true });
    here.outbox.postpone(entry, until);
  };
  const rest = () =>
    choicesOf(here.outbox, null).map(({ restsUntil, lastError, failures }) => ({ restsUntil, lastError, failures }));

  test('is that of its oldest entry', () => {
    const [first, second] = store('casper', 'casper');
    expect(rest()).toEqual([{ restsUntil: null, lastError: null, failures: 0 }]);
    const until = soon(1);
    fail(first, 'HTTP 503', until);
    fail(second, 'HTTP 500', soon(2));
    expect(rest()).toEqual([{ restsUntil: until, lastError: 'HTTP 503', failures: 0 }]);
  });

  test('is the longest of its tried entries, with the last error, if its newest entry goes first', () => {
    newestFirst('casper');
    const [first, second] = store('casper', 'casper');
    expect(rest()).toEqual([{ restsUntil: null, lastError: null, failures: 0 }]);
    fail(first, 'HTTP 503', null);
    expect(rest()).toEqual([{ restsUntil: null, lastError: 'HTTP 503', failures: 1 }]);
    const until = soon(9);
    fail(first, 'HTTP 502', until);
    fail(second, 'HTTP 500', soon(2));
    expect(rest()).toEqual([{ restsUntil: until, lastError: 'HTTP 500', failures: 2 }]);
    const [third] = store('casper');
    expect(rest()).toEqual([{ restsUntil: until, lastError: 'HTTP 500', failures: 2 }]);
    fail(third, 'HTTP 429', null);
    expect(rest()).toEqual([{ restsUntil: until, lastError: 'HTTP 429', failures: 3 }]);
  });

  test('has the own error of the newest entry, and that of a later try of an older one only without it', () => {
    newestFirst('casper');
    const [first, second] = store('casper', 'casper');
    fail(second, 'HTTP 500', null);
    here.outbox.database.query('UPDATE entries SET attempts = 0 WHERE sequence = ?').run(second?.sequence ?? 0);
    fail(first, 'HTTP 503', null);
    expect(rest()).toEqual([{ restsUntil: null, lastError: 'HTTP 500', failures: 1 }]);
  });
});

describe('the streams whose newest entry goes first', () => {
  test('are none in a new outbox, and are stored by name', () => {
    expect([...newestFirstStreams(here.outbox)]).toEqual([]);
    newestFirst('derecho', 'casper');
    expect([...newestFirstStreams(here.outbox)]).toEqual(['sam/casper', 'sam/derecho']);
    expect(here.outbox.metadata.read('newest-first')).toBe('["sam/casper","sam/derecho"]');
    newestFirst('gust');
    expect([...newestFirstStreams(here.outbox)]).toEqual(['sam/gust']);
    newestFirst();
    expect([...newestFirstStreams(here.outbox)]).toEqual([]);
  });

  test('are written only if they change', () => {
    newestFirst('derecho', 'casper');
    here.outbox.database.run('PRAGMA query_only = ON');
    newestFirst('casper', 'derecho');
    expect(() => newestFirst('casper')).toThrow('readonly');
  });
});
