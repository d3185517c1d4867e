import { afterEach, beforeEach, expect, test } from 'bun:test';
import { conditionOf } from '../../src/health/condition.ts';
import { startMaintenance } from '../../src/outage/maintenance.ts';
import { Spool } from '../../src/outbox/spool/spool.ts';
import { attemptAt, newOutbox, put, type TestOutbox } from '../outbox/queue.ts';

let box: TestOutbox;
beforeEach(() => {
  box = newOutbox();
});
afterEach(() => box.remove());

const now = new Date('2026-01-01T12:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const read = (systems: readonly string[] | null = null) => {
  const { outbox, file } = box;
  return conditionOf(outbox, { file, spool: new Spool(`${file}-spool`, file), systems }, now);
};

test('each of several systems has its own times, and its own failures in a row', () => {
  const { outbox } = box;
  const failures = [['jobs', 'nodes'], ['jobs'], [], ['jobs']];
  for (const [index, failedProbes] of failures.entries()) {
    put(outbox, { stream: 'sam/derecho', collectedAt: ago(index + 1), failedProbes });
    const entry = put(outbox, { collectedAt: ago(10 * (index + 1)), failedProbes: ['queues'] });
    if (index > 0) outbox.delivered(entry, attemptAt(ago(5)), '{}');
  }
  const casper = { name: 'casper', storedAt: ago(10), deliveredAt: ago(20), failedProbes: new Map([['queues', 4]]) };
  const derecho = {
    name: 'derecho',
    storedAt: ago(1),
    deliveredAt: null,
    failedProbes: new Map([
      ['jobs', 2],
      ['nodes', 1],
    ]),
  };
  const { systems, streams } = read();
  expect([...systems].sort((a, b) => (a.name < b.name ? -1 : 1))).toMatchObject([casper, derecho]);
  expect(streams).toMatchObject([
    { stream: 'sam/casper', pending: 1, oldestPending: ago(10), deliveredLastDay: 3 },
    { stream: 'sam/derecho', pending: 4, oldestPending: ago(4), deliveredLastDay: 0 },
  ]);
  expect(read(['derecho']).systems).toMatchObject([derecho]);
  expect(read(['gust']).systems).toEqual([
    { name: 'gust', storedAt: null, deliveredAt: null, failedProbes: new Map(), maintenance: null },
  ]);
});

test.each([
  [ago(-0.9), ago(-0.9)],
  [ago(-1.1), null],
])('a snapshot of %p that is not delivered counts only within a minute of now', (collectedAt, storedAt) => {
  put(box.outbox, { collectedAt });
  expect(read().systems).toMatchObject([{ storedAt, deliveredAt: null }]);
});

test('the last error of a stream is that of its next entry', () => {
  const failing = put(box.outbox, { stream: 'sam/derecho' });
  put(box.outbox, { stream: 'sam/derecho' });
  put(box.outbox, {});
  const attempt = attemptAt(now, { status: 503, outcome: 'unavailable', detail: 'HTTP 503' });
  box.outbox.failed(failing, attempt, { charged: true, mayHaveArrived: false });
  expect(read().deliveryErrors).toEqual(new Map([['sam/derecho', 'HTTP 503']]));
});

test.each([
  [ago(-0.9), true],
  [ago(-1.1), false],
])('a delivered snapshot of %p is the last one only within a minute of now: %p', (collectedAt, isLast) => {
  const first = put(box.outbox, { collectedAt: ago(9) });
  box.outbox.delivered(first, attemptAt(ago(8)), '{}');
  box.outbox.delivered(put(box.outbox, { collectedAt }), attemptAt(now), '{}');
  expect(read().systems).toMatchObject([
    { storedAt: isLast ? collectedAt : ago(9), deliveredAt: isLast ? collectedAt : null },
  ]);
});

test('a maintenance adds its system, and does not silence another one', () => {
  put(box.outbox, { collectedAt: ago(1) });
  const maintenance = { system: 'derecho', since: ago(9), until: ago(-9), reason: 'pumps' };
  startMaintenance(box.outbox, maintenance);
  expect(read().systems).toMatchObject([
    { name: 'casper', maintenance: null },
    { name: 'derecho', storedAt: null, maintenance: { until: ago(-9), reason: 'pumps' } },
  ]);
});

test('a probe that failed in the newest snapshot only, or in all, is counted so', () => {
  put(box.outbox, { collectedAt: ago(3), failedProbes: ['jobs'] });
  put(box.outbox, { collectedAt: ago(2), failedProbes: ['jobs'] });
  put(box.outbox, { collectedAt: ago(1), failedProbes: ['nodes', 'jobs'] });
  const counts = [
    ['nodes', 1],
    ['jobs', 3],
  ] as const;
  expect(read().systems).toMatchObject([{ failedProbes: new Map(counts) }]);
});

test('snapshots from the future do not hide the time at which the last one was stored', () => {
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

test('a system with one destination that is not the default one has the time of it', () => {
  const { outbox, file } = box;
  const entry = put(outbox, { stream: 'ours/derecho', destination: 'ours', collectedAt: ago(2) });
  outbox.delivered(entry, attemptAt(ago(1)), '{}');
  const routes = { status: ['sam', 'ours'], jobs: [], ofSystem: () => ['ours'] };
  const spool = new Spool(`${file}-spool`, file);
  expect(conditionOf(outbox, { file, spool, systems: null, routes }, now).systems).toMatchObject([
    { name: 'derecho', deliveredAt: ago(2), deliveries: new Map([['ours', ago(2)]]) },
  ]);
});

test('the delivery time of a system is that of its slowest destination', () => {
  const { outbox, file } = box;
  for (const [destination, delivered] of [
    ['ours', 20],
    ['sam', 10],
  ] as const) {
    const stream = `${destination}/derecho`;
    const entry = put(outbox, { stream, destination, collectedAt: ago(delivered) });
    outbox.delivered(entry, attemptAt(ago(5)), '{}');
    put(outbox, { stream, destination, collectedAt: ago(1), failedProbes: ['jobs'] });
  }
  const routes = { status: ['sam', 'ours'], jobs: [], ofSystem: () => ['ours', 'sam'] };
  const spool = new Spool(`${file}-spool`, file);
  expect(conditionOf(outbox, { file, spool, systems: null, routes }, now).systems).toEqual([
    {
      name: 'derecho',
      storedAt: ago(1),
      deliveredAt: ago(20),
      deliveries: new Map([
        ['ours', ago(20)],
        ['sam', ago(10)],
      ]),
      failedProbes: new Map([['jobs', 1]]),
      maintenance: null,
    },
  ]);
});
