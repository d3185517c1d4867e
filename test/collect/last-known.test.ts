import { expect, test } from 'bun:test';
import { lastKnownFields } from '../../src/collect/last-known.ts';
import { newOutbox, put } from '../outbox/queue.ts';

test('the values of the newest good snapshot are repeated, and only the fields that it has', () => {
  const { outbox, remove } = newOutbox();
  const now = new Date('2026-01-10T12:00:00Z');
  const at = (minutesAgo: number) => new Date(now.getTime() - minutesAgo * 60_000);
  const snapshot = (minutesAgo: number, body: object, failedProbes: readonly string[] = []) =>
    put(outbox, { collectedAt: at(minutesAgo), body: JSON.stringify(body), failedProbes });
  snapshot(12, { running_jobs: 1, held_jobs: 1 });
  snapshot(9, { running_jobs: 2, queues: [] });
  snapshot(6, { running_jobs: 3 }, ['jobs']);
  snapshot(3, { running_jobs: 4 }, ['nodes', 'jobs']);
  const known = lastKnownFields(outbox, 'sam/casper', 'jobs', ['running_jobs', 'held_jobs'], now);
  expect(known).toStrictEqual({ running_jobs: 2 });
  expect(lastKnownFields(outbox, 'sam/casper', 'nodes', ['running_jobs'], now)).toStrictEqual({ running_jobs: 3 });
  remove();
});
