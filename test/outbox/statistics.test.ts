import { expect, test } from 'bun:test';
import { drop } from '../../src/outbox/drop.ts';
import { type EntryState, entryStates } from '../../src/outbox/entry.ts';
import { fileStatistics, streamStatistics } from '../../src/outbox/statistics.ts';
import { all, attemptAt, newOutbox, put } from './queue.ts';

test('the numbers of a stream match its entries', () => {
  const { outbox, remove } = newOutbox();
  const now = new Date('2026-01-10T00:00Z');
  outbox.database
    .transaction(() => {
      for (let n = 0; n < 300; n++) {
        const state: EntryState = entryStates[(n * 7) % 4] ?? 'pending';
        const stream = ['sam/casper', 'sam/derecho', 'usage/gust'][n % 3] ?? '';
        const collectedAt = new Date(now.getTime() - n * 1_000_000);
        const entry = put(outbox, {
          state: state === 'delivered' ? 'pending' : state,
          stream,
          collectedAt,
          body: '1'.repeat(n + 1),
        });
        if (n % 5 === 0 && entry.state === 'pending')
          outbox.failed(entry, attemptAt(now, { outcome: 'unavailable' }), { charged: true, mayHaveArrived: true });
        if (state === 'delivered') outbox.delivered(entry, attemptAt(collectedAt), '{}');
      }
    })
    .immediate();

  const expected = ['sam/casper', 'sam/derecho', 'usage/gust'].map((stream) => {
    const own = all(outbox).filter((entry) => entry.stream === stream);
    const waiting = own.filter(({ state }) => state !== 'delivered');
    const times = waiting.map(({ collectedAt }) => collectedAt.getTime());
    return {
      stream,
      pending: own.filter(({ state }) => state === 'pending').length,
      held: own.filter(({ state }) => state === 'held').length,
      rejected: own.filter(({ state }) => state === 'rejected').length,
      oldest: new Date(Math.min(...times)),
      newest: new Date(Math.max(...times)),
      oldestPending: new Date(
        Math.min(...own.filter(({ state }) => state === 'pending').map(({ collectedAt }) => +collectedAt)),
      ),
      deliveredLastDay: own.filter(({ deliveredAt }) => deliveredAt && +now - +deliveredAt < 86_400_000).length,
      attempts: waiting.reduce((sum, { attempts }) => sum + attempts, 0),
      bytes: waiting.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0),
    };
  });
  expect(streamStatistics(outbox, now)).toEqual(expected);
  expect(expected.every(({ attempts, deliveredLastDay }) => attempts > 0 && deliveredLastDay > 0)).toBe(true);

  const file = fileStatistics(outbox);
  expect(file).toMatchObject({ dropped: 0, host: null, damage: null });
  expect(file.fileBytes).toBeGreaterThanOrEqual(file.usedBytes);
  remove();
});

test('a stream has its own numbers in each state, and the pending ones have their own oldest', () => {
  const { outbox, remove } = newOutbox();
  const now = new Date('2026-01-10T00:00Z');
  const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
  put(outbox, { state: 'held', collectedAt: ago(50), body: '1' });
  put(outbox, { state: 'rejected', collectedAt: ago(40), body: '12' });
  put(outbox, { state: 'pending', collectedAt: ago(30), body: '123' });
  put(outbox, { state: 'pending', collectedAt: ago(20), body: '1234' });
  // Exactly a day ago is no more within the last day.
  for (const hours of [24, 23, 22]) {
    const entry = put(outbox, { collectedAt: ago(hours), stream: 'sam/derecho' });
    outbox.delivered(entry, attemptAt(ago(hours)), '{}');
  }
  put(outbox, { state: 'held', stream: 'sam/gust', collectedAt: ago(1), body: '' });
  const none = { pending: 0, held: 0, rejected: 0, oldestPending: null, deliveredLastDay: 0, attempts: 0, bytes: 0 };
  expect(streamStatistics(outbox, now)).toEqual([
    {
      ...{ ...none, stream: 'sam/casper', pending: 2, held: 1, rejected: 1, bytes: 10 },
      ...{ oldest: ago(50), newest: ago(20), oldestPending: ago(30) },
    },
    { ...none, stream: 'sam/derecho', oldest: null, newest: null, deliveredLastDay: 2 },
    { ...none, stream: 'sam/gust', held: 1, oldest: ago(1), newest: ago(1) },
  ]);
  remove();
});

test('the numbers of the file have its host, its damage and every dropped entry', () => {
  const { outbox, remove } = newOutbox();
  outbox.metadata.write('host', 'login1');
  outbox.metadata.write('damage', '[]');
  const entries = [1, 2, 3].map(() => put(outbox));
  drop(outbox.database, entries.slice(0, 2), 'by a person', new Date());
  expect(fileStatistics(outbox)).toMatchObject({ dropped: 2, host: 'login1', damage: '[]' });
  remove();
});
