import { expect, test } from 'bun:test';
import { type EntryState, entryStates } from '../../src/outbox/entry.ts';
import { fileStatistics, streamStatistics } from '../../src/outbox/statistics.ts';
import { all, attemptAt, newOutbox, put } from './queue.ts';

test('a stream’s numbers are those of its entries', () => {
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
