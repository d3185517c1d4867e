/** The numbers and small rules of the delivery. */

import { describe, expect, test } from 'bun:test';
import { mayBeStored } from '../../src/delivery/attempt.ts';
import { realClock } from '../../src/delivery/clock.ts';
import { collectorHeader } from '../../src/delivery/collector-header.ts';
import { ingestDestination } from '../../src/delivery/ingest.ts';
import { knownAddresses } from '../../src/delivery/known-addresses.ts';
import {
  failsAlike,
  longestRetryAfter,
  longestWait,
  restSeconds,
  retryDelays,
  withJitter,
} from '../../src/delivery/retry.ts';
import { samsDestination } from '../../src/delivery/sams.ts';
import { waitingCount } from '../../src/delivery/waiting-count.ts';
import { about } from '../../src/lib/version.ts';
import { attemptAt, newOutbox, put } from '../outbox/queue.ts';
import { fakeClock } from './helper.ts';

describe('the waits', () => {
  test('between the attempts of a drain, and at most', () => {
    expect([retryDelays, longestWait, longestRetryAfter]).toEqual([[1, 2, 4], 30, 3600]);
  });

  test.each([
    [0, 60],
    [1, 120],
    [2, 240],
    [3, 480],
    [4, 900],
    [5, 900],
    [1000, 900],
  ])('after %d failed drains a stream rests %d s', (failed, seconds) => {
    expect(restSeconds(failed)).toBe(seconds);
  });

  test('differ by up to a fifth', () => {
    const waits = Array.from({ length: 500 }, () => withJitter(10));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(8);
    expect(Math.max(...waits)).toBeLessThanOrEqual(12);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(3);
  });

  test('end at once if the signal is aborted', async () => {
    const aborting = new AbortController();
    expect(await realClock.wait(0, aborting.signal)).toBe(true);
    expect(await realClock.wait(-5, aborting.signal)).toBe(true);
    expect(await realClock.wait(1, aborting.signal)).toBe(true);
    const waited = realClock.wait(60_000, aborting.signal);
    aborting.abort();
    expect(await waited).toBe(false);
    expect(await realClock.wait(0, aborting.signal)).toBe(false);
  });
});

test.each([
  [503, 'a', 503, 'b', true],
  [503, 'a', 500, 'a', true],
  [500, 'a', 499, 'a', false],
  [403, 'a', 403, 'b', true],
  [403, 'a', 404, 'a', false],
  [403, 'a', 503, 'a', false],
  [null, 'a', null, 'a', true],
  [null, 'a', null, 'b', false],
  [null, 'a', 503, 'a', false],
  [503, 'a', null, 'a', false],
])('a failure %p %s after %p %s is alike: %p', (status, detail, before, lastError, isAlike) => {
  const { outbox, remove } = newOutbox();
  const entry = { ...put(outbox), lastStatus: before, lastError };
  remove();
  expect(failsAlike(entry, attemptAt(new Date(), { status, detail }))).toBe(isAlike);
});

test('a request may be stored unless it was redirected, refused or not sent', () => {
  const answered = { ...({ kind: 'answer', body: '', unread: null, location: null, retryAfter: null } as const) };
  const rest = { date: null, snapshotOrder: null };
  const stored = [200, 299, 300, 399, 400, 499, 500, 503].filter((status) =>
    mayBeStored({ ...answered, ...rest, status }),
  );
  expect(stored).toEqual([200, 299, 500, 503]);
  const none = { kind: 'none', failure: 'lost', reason: '' } as const;
  expect([true, false].map((neverSent) => mayBeStored({ ...none, neverSent }))).toEqual([false, true]);
});

test('the header of the collector has its host, version and pending entries', () => {
  expect(collectorHeader({ waiting: 3 })).toMatch(/^host=[\w.-]+; version=\S+; waiting=3$/);
  expect(collectorHeader({ waiting: 0 })).toEndWith('; waiting=0');
  expect(collectorHeader({ waiting: null })).toEndWith(`; version=${about.version}`);
});

test('known addresses are stored in the order in which they were added', () => {
  const { outbox, remove } = newOutbox();
  const { has, put: note } = knownAddresses('any-order');
  for (const address of ['a', 'b', 'a']) note(outbox, address, true);
  expect(['a', 'b', 'c'].map((address) => has(outbox, address))).toEqual([true, true, false]);
  expect(outbox.metadata.read('any-order')).toBe('["b","a"]');
  note(outbox, 'b', false);
  expect(outbox.metadata.read('any-order')).toBe('["a"]');
  expect(knownAddresses('start-required').has(outbox, 'a')).toBe(false);
  remove();
});

test('the pending entries besides the sent one are counted again after five seconds', () => {
  const { outbox, remove } = newOutbox();
  const clock = fakeClock();
  let done = 0;
  const waiting = waitingCount(outbox, 'sam', clock, () => done);
  expect(waiting()).toBe(0);
  clock.wait(5000, new AbortController().signal);
  for (let n = 0; n < 5; n++) put(outbox);
  put(outbox, { destination: 'other', stream: 'other/casper' });
  expect(waiting()).toBe(4);
  done = 2;
  put(outbox);
  expect(waiting()).toBe(2);
  clock.wait(4999, new AbortController().signal);
  expect(waiting()).toBe(2);
  clock.wait(1, new AbortController().signal);
  expect(waiting()).toBe(5);
  remove();
});

describe('a destination of samples', () => {
  const settings = {
    ...({ kind: 'sams', max_per_minute: 60, max_body_bytes: 1000, allow_insecure_http: false, timeout: 30 } as const),
    ...{ baseUrl: 'https://post.example.org', addressSetting: 'POST_API_URL', apiKey: 'key-of-samples', proxy: null },
  };
  const reply = (status: number, body: string) => {
    const rest = { unread: null, location: null, retryAfter: null, date: null, snapshotOrder: null };
    return { kind: 'answer', status, body, ...rest } as const;
  };

  test('needs an address', () => {
    expect(() => samsDestination({ ...settings, baseUrl: null }, '/etc/env', 'post')).toThrow(
      'the address of the destination post is not configured: set POST_API_URL in the environment or in /etc/env',
    );
  });

  test('sends each body as it is, with the key if there is one', () => {
    const { request, prepare, reduce, omit, ...rest } = samsDestination(settings, '', 'post');
    const entry = { id: 'an-id', method: 'POST', path: '/1/n1.json', failedProbes: [] } as const;
    expect(request(entry, '{}')).toMatchObject({
      url: 'https://post.example.org/1/n1.json',
      method: 'POST',
      headers: { 'X-API-Key': 'key-of-samples', 'Idempotency-Key': 'an-id' },
      body: '{}',
    });
    expect(samsDestination({ ...settings, apiKey: null }, '', 'post').request(entry, '{}').headers).not.toHaveProperty(
      'X-API-Key',
    );
    expect(prepare('x', { isLate: true, isNewest: false, outageRow: null })).toEqual({
      ...{ body: 'x', leftOut: [], ifRefused: null },
    });
    expect([reduce('x'), omit('x')]).toEqual([null, null]);
    expect(rest).toMatchObject({
      ...{ name: 'post', content: 'samples to post', address: settings.baseUrl, usesCollectionTime: false },
      ...{ catchUp: null, description: 'post at https://post.example.org', maxPerMinute: 60, maxBodyBytes: 1000 },
    });
  });

  test.each([
    [200, 'OK\n', 'accepted', 'stored'],
    [200, 'OKAY', 'misconfigured', "HTTP 200 that is not the API's answer: OKAY: check POST_API_URL"],
    [401, '{"error":"no key"}', 'misconfigured', 'HTTP 401: no key: check POST_API_KEY and the cluster it is for'],
    [422, '{"error":"no job"}', 'rejected', 'HTTP 422: no job'],
    [422, 'no job', 'misconfigured', "HTTP 422 that is not the API's answer"],
    [503, 'down', 'unavailable', 'HTTP 503: down'],
  ])('%d %s is %s', (status, body, kind, detail) => {
    const outcome = samsDestination(settings, '', 'post').judge(reply(status, body), {
      body: '',
      mayHaveArrived: false,
    });
    expect(outcome.kind).toBe(kind as 'accepted');
    expect(outcome.detail).toStartWith(detail);
  });
});

test('jobs are left out of a batch only if each problem of the answer names a job', () => {
  const settings = {
    ...({ kind: 'ingest', max_per_minute: 60, max_body_bytes: 1000, allow_insecure_http: false, timeout: 30 } as const),
    ...{ baseUrl: 'https://jobs.example.org', addressSetting: 'JOBS_API_URL', apiKey: 'key-of-jobs', proxy: null },
  };
  const job = (JobID: string) => ({ JobID, Submit: '2026-01-01T00:00:00', Start: '2026-01-01T00:00:00' });
  const body = JSON.stringify({ hostname: 'farm', jobs: [job('1'), job('2')] });
  const judged = (...locs: readonly (string | number)[][]) => {
    const detail = locs.map((loc) => ({ loc: ['body', ...loc], msg: 'is wrong', type: 'value_error' }));
    const rest = { unread: null, location: null, retryAfter: null, date: null, snapshotOrder: null };
    const reply = { kind: 'answer', status: 422, body: JSON.stringify({ detail }), ...rest } as const;
    return ingestDestination(settings, '', 'ingest').judge(reply, { body, mayHaveArrived: false }).kind;
  };
  expect(judged(['jobs', 0, 'User'])).toBe('split');
  expect(judged(['jobs', 0, 'User'], ['hostname'])).toBe('rejected');
  expect(judged(['jobs', 99, 'User'])).toBe('rejected');
  expect(judged(['jobs', 0, 'User'], ['jobs'])).toBe('rejected');
  expect(judged(['jobs', 0, 'User'], ['jobs', 1, 'User'])).toBe('rejected');
});
