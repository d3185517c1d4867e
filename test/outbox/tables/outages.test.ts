import { afterEach, beforeEach, expect, test } from 'bun:test';
import { lastResolution, newestReportStates, type OutageRow, putOutage } from '../../../src/outbox/tables/outages.ts';
import { attemptAt, newOutbox, put, type TestOutbox } from '../queue.ts';

let box: TestOutbox;
beforeEach(() => {
  box = newOutbox();
});
afterEach(() => box.remove());

/** Stores an entry that reports an outage; returns its sequence number. */
function report(rest: Partial<OutageRow>): number {
  const entry = put(box.outbox, { stream: 'sam/outage' });
  const row: OutageRow = {
    key: Bun.randomUUIDv7(),
    system: 'derecho',
    title: 'a title',
    severity: 'major',
    status: 'resolved',
    component: 'Login nodes',
    description: null,
    started_at: 1,
    ended_at: 2,
    estimated_at: null,
    reported_at: 3,
    rule: 'login_nodes',
    affected: '[]',
    ...rest,
  };
  putOutage(box.outbox, row, entry.id);
  return entry.sequence;
}

test('the last resolution is the newest of the same system, rule and component', () => {
  const resolved = [
    ['derecho', 'login_nodes', 'Login nodes'],
    ['derecho', 'login_nodes', 'Login nodes'],
    ['casper', 'login_nodes', 'Login nodes'],
    ['derecho', 'nodes_down', 'Login nodes'],
    ['derecho', 'login_nodes', 'Filesystem glade'],
  ] as const;
  const sequences = resolved.map(([system, rule, component]) => report({ system, rule, component }));
  report({ status: 'investigating' });
  const last = ([system, rule, component]: (typeof resolved)[number]) =>
    lastResolution(box.outbox, system, rule, component);
  expect(resolved.slice(1).map(last)).toEqual(sequences.slice(1));
  expect(lastResolution(box.outbox, 'gust', 'login_nodes', 'Login nodes')).toBe(0);
});

test('the state of the newest report is that of the last entry, not of another outage', () => {
  report({ key: 'one' });
  report({ key: 'one' });
  report({ key: 'two' });
  const [first, second] = box.outbox.list('all');
  if (!first || !second) throw new Error('nothing was stored');
  box.outbox.hold(second, 'by a person');
  box.outbox.delivered(first, attemptAt(new Date()), '{}');
  const states = ['one', 'two', 'three'].map((key) => [...newestReportStates(box.outbox, key).values()]);
  expect(states).toEqual([['held'], ['pending'], []]);
});
