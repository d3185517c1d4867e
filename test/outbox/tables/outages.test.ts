import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { Entry } from '../../../src/outbox/entry.ts';
import {
  answersTo,
  deleteOutagesBefore,
  firstAnswer,
  lastResolution,
  newestReportStates,
  type OutageFilter,
  type OutageRow,
  outageOfEntry,
  putAnswer,
  putOutage,
  reportEntries,
  selectOutages,
  setAffected,
} from '../../../src/outbox/tables/outages.ts';
import { attemptAt, newOutbox, put, type TestOutbox } from '../queue.ts';

let box: TestOutbox;
beforeEach(() => {
  box = newOutbox();
});
afterEach(() => box.remove());

/** Stores an entry that reports an outage. */
function reportEntry(rest: Partial<OutageRow>, destination = 'sam'): Entry {
  const entry = put(box.outbox, { stream: `${destination}/outage`, destination });
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
  return entry;
}

/** The same; returns its sequence number. */
const report = (rest: Partial<OutageRow>): number => reportEntry(rest).sequence;

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

test('outages are selected by each condition and by all together, the earliest start first', () => {
  report({ key: 'a1', started_at: 30, severity: 'minor', status: 'investigating' });
  report({ key: 'a2', started_at: 10, component: 'Queues', status: 'investigating', ended_at: null });
  report({ key: 'b1', started_at: 20, system: 'casper' });
  report({ key: 'b2', started_at: 10, severity: 'minor' });
  const keys = (filter: OutageFilter) => selectOutages(box.outbox, filter).map(({ key }) => key);
  expect(keys({})).toEqual(['a2', 'b2', 'b1', 'a1']);
  expect(keys({ isOpen: true })).toEqual(['a2', 'a1']);
  expect(keys({ system: 'derecho' })).toEqual(['a2', 'b2', 'a1']);
  expect(keys({ severity: 'minor' })).toEqual(['b2', 'a1']);
  expect(keys({ keyPrefix: 'b' })).toEqual(['b2', 'b1']);
  expect(keys({ startedBy: 20 })).toEqual(['a2', 'b2', 'b1']);
  expect(keys({ startedBy: 19, system: 'derecho', severity: 'minor' })).toEqual(['b2']);
  expect(keys({ isOpen: true, keyPrefix: 'b' })).toEqual([]);
});

test('an outage has its newest report, whatever the order in which the reports are stored', () => {
  report({ key: 'one', title: 'first', reported_at: 3 });
  report({ key: 'one', title: 'again', reported_at: 3 });
  report({ key: 'one', title: 'earlier', reported_at: 2 });
  const titles = () => selectOutages(box.outbox, {}).map(({ title, affected }) => [title, affected]);
  expect(titles()).toEqual([['again', '[]']]);
  setAffected(box.outbox, 'one', '["login1"]');
  setAffected(box.outbox, 'two', '["login2"]');
  expect(titles()).toEqual([['again', '["login1"]']]);
});

test('resolved outages that were reported before a time are deleted, unless they have an entry', () => {
  const entries = [
    reportEntry({ key: 'old', reported_at: 9 }),
    reportEntry({ key: 'open', reported_at: 9, status: 'investigating' }),
    reportEntry({ key: 'new', reported_at: 10 }),
  ];
  box.outbox.drop(entries, 'by hand', new Date());
  report({ key: 'with an entry', reported_at: 9 });
  deleteOutagesBefore(box.outbox, 10);
  expect(selectOutages(box.outbox, {}).map(({ key }) => key)).toEqual(['new', 'open', 'with an entry']);
});

test('the answers to the reports of an outage are stored by destination, each id once', () => {
  const [first, second, ours] = [
    reportEntry({ key: 'one' }),
    reportEntry({ key: 'one' }),
    reportEntry({ key: 'one' }, 'ours'),
  ];
  const silent = reportEntry({ key: 'one' });
  const other = reportEntry({ key: 'two' });
  expect(reportEntries(box.outbox)).toEqual(new Map([first, second, ours, silent, other].map(({ id }) => [id, false])));
  expect(outageOfEntry(box.outbox, other.id)).toBe('two');
  expect(outageOfEntry(box.outbox, 'unknown')).toBeNull();
  putAnswer(box.outbox, ours, { id: 7, key: 'one' });
  putAnswer(box.outbox, first, { id: 41, key: null });
  putAnswer(box.outbox, second, { id: 42, key: 'another' });
  putAnswer(box.outbox, second, { id: 41, key: null });
  putAnswer(box.outbox, silent, null);
  expect(answersTo(box.outbox, 'one')).toEqual([
    { outage: 'one', destination: 'ours', outage_ids: '[7]', is_one_row: 1 },
    { outage: 'one', destination: 'sam', outage_ids: '[41,42]', is_one_row: 0 },
  ]);
  expect(answersTo(box.outbox, 'two')).toEqual([]);
  expect([...reportEntries(box.outbox)].map(([, isAnswered]) => isAnswered)).toEqual([true, true, true, true, false]);
});

test('the first answer to an outage is that of the first delivered report to a destination, if it is JSON', () => {
  const entries = [1, 2, 3].map(() => reportEntry({ key: 'one' }));
  const ours = reportEntry({ key: 'one' }, 'ours');
  expect(firstAnswer(box.outbox, 'one', 'sam')).toBeNull();
  const deliver = (entry: Entry | undefined, answer: string) =>
    entry && box.outbox.delivered(entry, attemptAt(new Date()), answer);
  deliver(ours, '{"id":4}');
  expect(firstAnswer(box.outbox, 'one', 'sam')).toBeNull();
  deliver(entries[0], 'not JSON');
  deliver(entries[2], '{"id":3}');
  deliver(entries[1], '{"id":2}');
  expect(firstAnswer(box.outbox, 'one', 'sam')).toBe('{"id":2}');
  expect(firstAnswer(box.outbox, 'one', 'ours')).toBe('{"id":4}');
  expect(firstAnswer(box.outbox, 'two', 'sam')).toBeNull();
});
