/** What a person does to entries while the drain may have them in hand. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { OperatorError } from '../../src/lib/errors.ts';
import { answeredAfterDrop, countDropped, drop, listDropped } from '../../src/outbox/drop.ts';
import { adopt, claim } from '../../src/outbox/ownership.ts';
import { wasReleased } from '../../src/outbox/release.ts';
import { steer } from '../../src/outbox/steer.ts';
import { mayBeThere, waitingOf } from '../../src/outbox/waiting.ts';
import { attemptAt, get, ids, newOutbox, put, type TestOutbox } from './queue.ts';

const now = new Date('2026-01-10T00:00Z');
const unavailable = attemptAt(now, { status: 503, outcome: 'unavailable', detail: 'HTTP 503' });

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

describe('an entry that is being sent', () => {
  test('is not retried after a hold, and the reason of the hold stays', () => {
    const { outbox } = here;
    const entry = put(outbox);
    expect(outbox.sending(entry, now)).toBe(true);
    expect(outbox.hold(entry, 'wait for Ann')).toBe(true);
    outbox.failed(entry, unavailable, { charged: true, mayHaveArrived: true });
    expect(get(outbox, entry.id)).toMatchObject({ state: 'held', lastError: 'wait for Ann', attempts: 1 });
    expect(outbox.sending(entry, now)).toBe(false);
    outbox.release(entry, new Date());
    expect(outbox.sending(entry, now)).toBe(true);
  });

  test('is delivered if its request is accepted, held or not', () => {
    const { outbox } = here;
    const entry = put(outbox);
    outbox.sending(entry, now);
    outbox.hold(entry, 'too late');
    outbox.delivered(entry, attemptAt(now), '{"status_id":1}');
    expect(get(outbox, entry.id)).toMatchObject({ state: 'delivered', lastError: null });
  });

  test('stays dropped; the answer is recorded, and the newest delivered time', () => {
    const { outbox } = here;
    const older = put(outbox);
    const entry = put(outbox);
    outbox.sending(entry, now);
    expect(drop(outbox.database, [entry], 'not wanted', now)).toEqual([entry]);
    outbox.delivered(entry, attemptAt(now), '{"status_id":1}');
    expect(outbox.find(entry)).toBeNull();
    expect(outbox.sending(entry, now)).toBe(false);
    outbox.postpone(entry, now);
    expect(listDropped(outbox, 5)).toMatchObject([
      { id: entry.id, reason: 'not wanted; it was being sent then: accepted (stored)' },
    ]);
    expect(outbox.isLate(older)).toBe(true);
  });
});

describe('dropping', () => {
  test('does not drop an entry that was delivered meanwhile', () => {
    const { outbox } = here;
    const found = [put(outbox), put(outbox)];
    const [first, second] = found;
    if (!first || !second) throw new Error('unreachable');
    outbox.delivered(first, attemptAt(now), '{}');
    expect(drop(outbox.database, found, 'test', now)).toEqual([second]);
    expect(drop(outbox.database, found, 'test', now)).toEqual([]);
    expect(countDropped(outbox.database)).toBe(1);
    expect(get(outbox, first.id).state).toBe('delivered');
  });

  test('makes no record of delivered or unknown entries', () => {
    const { outbox } = here;
    const entry = put(outbox, { state: 'delivered' });
    expect(drop(outbox.database, [entry], 'test', now)).toEqual([entry]);
    answeredAfterDrop(outbox.database, entry, attemptAt(now));
    expect(listDropped(outbox, 5)).toEqual([]);
  });
});

test('a command on many entries changes each once, and returns the changed ones', () => {
  const { outbox } = here;
  const entries = outbox.database.transaction(() => Array.from({ length: 1100 }, () => put(outbox))).immediate();
  const [, odd] = entries;
  if (odd) outbox.hold(odd, 'before');
  const seen: string[] = [];
  const changed = steer(outbox, entries, (entry) => {
    seen.push(entry.id);
    return outbox.hold(entry, 'all');
  });
  expect(seen).toEqual(ids(entries));
  expect(changed.size).toBe(1099);
  expect(odd && changed.has(odd)).toBe(false);
});

describe('why an entry waits', () => {
  const until = new Date(now.getTime() + 60_000);
  test('is the pause of its stream, also for later entries', () => {
    const { outbox } = here;
    const [head, behind] = [put(outbox), put(outbox)];
    const other = put(outbox, { stream: 'sam/derecho' });
    outbox.failed(head, unavailable, { charged: true, mayHaveArrived: true });
    outbox.postpone(head, until);
    const waits = (entry: typeof head) => waitingOf(outbox, get(outbox, entry.id), now);
    expect(waits(head)).toEqual({ reason: 'the stream rests: HTTP 503', until });
    expect(waits(behind)).toEqual({
      reason: '1 older entry of its stream must be delivered first; the stream rests: HTTP 503',
      until,
    });
    expect(waits(other)).toEqual({ reason: 'the next drain sends it', until: null });
    outbox.hold(head, 'wait for Ann');
    expect(waits(head)).toEqual({
      reason: 'held: wait for Ann; last error: HTTP 503; to send it: outbox release',
      until: null,
    });
    expect(waits(behind)).toEqual({ reason: 'the next drain sends it', until: null });
    outbox.rejected(behind, attemptAt(now, { status: 400, outcome: 'rejected', detail: 'HTTP 400: bad' }), false);
    expect(waits(behind)?.reason).toStartWith('rejected: HTTP 400: bad; send it again with outbox retry');
    outbox.delivered(other, attemptAt(now), '{}');
    expect(waits(other)).toBeNull();
  });

  test('does not hide that it may have arrived', () => {
    const { outbox } = here;
    const entry = put(outbox);
    const may = () => mayBeThere(get(outbox, entry.id), outbox.attempts(entry));
    expect(may()).toBe(false);
    outbox.sending(entry, now);
    expect(may()).toBe(true);
    outbox.failed(entry, attemptAt(now, { status: null, outcome: 'unavailable', detail: 'no answer' }), {
      charged: true,
      mayHaveArrived: true,
    });
    outbox.delivered(entry, attemptAt(now), '{}');
    expect(may()).toBe(true);
    const clean = put(outbox);
    outbox.sending(clean, now);
    outbox.delivered(clean, attemptAt(now), '{}');
    expect(mayBeThere(get(outbox, clean.id), outbox.attempts(clean))).toBe(false);
  });
});

describe('the host that writes', () => {
  test('is the first writer, under any of its names; another host is refused until it adopts the outbox', () => {
    const { database } = here.outbox;
    claim(database, here.file, 'derecho1.hsn.de.hpc.example');
    for (const name of ['derecho1', 'DERECHO1', 'derecho1.example.org']) claim(database, here.file, name);
    const refused = () => claim(database, here.file, 'derecho2.hsn.de.hpc.example');
    expect(refused).toThrow(OperatorError);
    expect(refused).toThrow(/is written by derecho1\.hsn.* and this is derecho2.*hpc-collector outbox adopt/);
    expect(adopt(here.outbox, 'derecho2')).toBe('derecho1.hsn.de.hpc.example');
    claim(database, here.file, 'derecho2.hsn.de.hpc.example');
    expect(() => claim(database, here.file, 'derecho1')).toThrow(OperatorError);
  });
});

test('a release is recorded once, of an entry that is held, and brings back the error from before', () => {
  const { outbox } = here;
  const entry = put(outbox);
  const latest = () => get(outbox, entry.id);
  outbox.failed(entry, unavailable, { charged: true, mayHaveArrived: false });
  expect(outbox.release(latest(), now)).toBe(false);
  outbox.hold(latest(), 'wait for Ann');
  expect(wasReleased(outbox, latest())).toBe(false);
  expect(outbox.release(latest(), now)).toBe(true);
  expect(outbox.release(latest(), now)).toBe(false);
  expect(latest()).toMatchObject({ state: 'pending', lastError: 'HTTP 503' });
  expect(wasReleased(outbox, latest())).toBe(true);
  expect(outbox.attempts(entry)).toEqual([
    unavailable,
    { at: now, seconds: 0, status: null, outcome: 'released', detail: 'by outbox release' },
  ]);
});
