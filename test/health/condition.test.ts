import { expect, test } from 'bun:test';
import { conditionOf } from '../../src/health/condition.ts';
import { Spool } from '../../src/outbox/spool/spool.ts';
import { newOutbox, put } from '../outbox/queue.ts';

test('any number of snapshots from the future do not hide when the last one was stored', () => {
  const { outbox, file, remove } = newOutbox();
  const now = new Date('2026-01-01T12:00Z');
  const last = new Date('2026-01-01T11:00Z');
  put(outbox, { collectedAt: last, failedProbes: ['jobs'] });
  for (let minute = 0; minute < 60; minute++)
    put(outbox, { collectedAt: new Date(now.getTime() + 86_400_000 + minute * 60_000) });
  const { systems } = conditionOf(outbox, { file, spool: new Spool(`${file}-spool`, file), systems: null }, now);
  expect(systems).toMatchObject([{ name: 'casper', storedAt: last, failedProbes: new Map([['jobs', 1]]) }]);
  remove();
});
