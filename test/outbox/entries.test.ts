/** What the delivery asks about single entries and their streams. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { get, newOutbox, put, type TestOutbox } from './queue.ts';

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

const now = new Date('2026-01-10T00:00Z');

test('an entry is read again in its current state, or as it was if it does not exist any more', () => {
  const { outbox } = here;
  const [first, second] = [put(outbox), put(outbox)];
  outbox.hold(second, 'by hand');
  expect(outbox.find(second)).toEqual(get(outbox, second.id));
  expect(outbox.reread(second)).toMatchObject({ id: second.id, state: 'held' });
  outbox.drop([first], 'by hand', now);
  expect([outbox.find(first), outbox.reread(first)]).toEqual([null, first]);
});

test('the newest entry of a stream is the one that was stored last', () => {
  const { outbox } = here;
  const [first, second] = [put(outbox), put(outbox, { collectedAt: new Date(0) })];
  const other = put(outbox, { stream: 'sam/derecho' });
  expect([first, second, other].map((entry) => outbox.isNewest(entry))).toEqual([false, true, true]);
});

test('pending entries are counted by stream and by destination', () => {
  const { outbox } = here;
  for (const destination of ['sam', 'sam', 'ours']) put(outbox, { destination });
  put(outbox, { stream: 'sam/derecho' });
  put(outbox, { state: 'held' });
  expect(outbox.countPending(null)).toBe(4);
  expect(outbox.countPending('sam/casper')).toBe(3);
  expect(outbox.countPending(null, 'sam')).toBe(3);
  expect(outbox.countPending('sam/casper', 'sam')).toBe(2);
  expect(outbox.countPending('sam/derecho', 'ours')).toBe(0);
});
