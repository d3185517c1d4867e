/** What `outbox ls` prints of entries. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { entryJson, jsonLine } from '../../../src/commands/outbox/entry-json.ts';
import { droppedTable, entryIds, entryTable, size } from '../../../src/commands/outbox/table.ts';
import { drop, listDropped } from '../../../src/outbox/drop.ts';
import { all, attemptAt, get, newOutbox, put, type TestOutbox } from '../../outbox/queue.ts';

let box: TestOutbox;
beforeEach(() => {
  box = newOutbox();
});
afterEach(() => box.remove());

const now = new Date('2026-01-10T12:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
/** The columns of each line. */
const columns = (lines: readonly string[]) => lines.map((line) => line.trim().split(/ {2,}/));

test('each entry has its state, age, size and next attempt, and its last error below', () => {
  const { outbox } = box;
  const tried = put(outbox, { collectedAt: ago(90), body: '1'.repeat(2048) });
  put(outbox, { collectedAt: ago(60) });
  put(outbox, { collectedAt: ago(45), stream: 'sam/derecho' });
  put(outbox, { collectedAt: ago(30), state: 'rejected', rejectedBecause: 'not a snapshot' });
  put(outbox, { collectedAt: ago(15), state: 'held' });
  put(outbox, { collectedAt: ago(5), state: 'delivered' });
  outbox.failed(tried, attemptAt(ago(80), { outcome: 'unavailable', status: 503, detail: 'HTTP 503' }), {
    charged: true,
    mayHaveArrived: true,
  });
  outbox.database.run('UPDATE entries SET next_attempt_at = ? WHERE id = ?', [ago(-10).getTime(), tried.id]);
  const lines = columns(entryTable(outbox, all(outbox), now));
  expect(lines.map((words) => words.slice(1))).toEqual([
    ['STREAM', 'STATE', 'AGE', 'SIZE', 'TRIES', 'NEXT'],
    ['sam/casper', 'pending', '1h30m', '2.0 KiB', '1', 'in 10m'],
    [],
    ['sam/casper', 'pending', '1h', '11 B', '0', 'in turn'],
    ['sam/derecho', 'pending', '45m', '11 B', '0', 'now'],
    ['sam/casper', 'rejected ✗', '30m', '11 B', '0', '-'],
    [],
    ['sam/casper', 'held !', '15m', '11 B', '0', '-'],
    ['sam/casper', 'delivered ✓', '5m', '11 B', '0', '-'],
  ]);
  expect([lines[2], lines[6]]).toEqual([['HTTP 503'], ['not a snapshot']]);
});

test.each([
  [0, 'now'],
  [1, 'in 0s'],
])('an entry that rests for %d more ms is sent %s', (rest, next) => {
  const entry = put(box.outbox, { collectedAt: ago(90) });
  box.outbox.database.run('UPDATE entries SET next_attempt_at = ? WHERE id = ?', [now.getTime() + rest, entry.id]);
  expect(columns(entryTable(box.outbox, all(box.outbox), now))[1]?.at(-1)).toBe(next);
});

test('the age, the size and the number of attempts are aligned right, and long texts are cut', () => {
  const stream = `sam/${'x'.repeat(57)}`;
  const one = put(box.outbox, { collectedAt: ago(1), stream, state: 'rejected', rejectedBecause: 'y'.repeat(161) });
  const shown = `${stream.slice(0, 60)}…`;
  const reason = `    ${'y'.repeat(160)}…`;
  expect(entryTable(box.outbox, all(box.outbox), now)).toEqual([
    `${'ID'.padEnd(36)}  ${'STREAM'.padEnd(61)}  STATE       AGE  SIZE  TRIES  NEXT`,
    `${one.id}  ${shown}  rejected ✗   1m  11 B      0  -`,
    reason,
  ]);
  drop(box.outbox.database, [one], 'y'.repeat(161), ago(0));
  expect(droppedTable(listDropped(box.outbox, -1, { stream: null, since: null, until: null }))).toEqual([
    `${'ID'.padEnd(36)}  ${'STREAM'.padEnd(61)}  ${'COLLECTED (UTC)'.padEnd(19)}  DROPPED (UTC)`,
    `${one.id}  ${shown}  2026-01-10 11:59:00  2026-01-10 12:00:00`,
    reason,
  ]);
});

test('without entries there is a sentence', () => {
  expect(entryTable(box.outbox, [])).toEqual(['There are no undelivered entries.']);
  expect(droppedTable([])).toEqual(['No entry was dropped.']);
});

test('dropped entries have their times and the reason below', () => {
  const entries = [put(box.outbox, { collectedAt: ago(90) }), put(box.outbox, { collectedAt: ago(60) })];
  drop(box.outbox.database, entries, 'a person did not want them', ago(10));
  const lines = columns(droppedTable(listDropped(box.outbox, -1, { stream: null, since: null, until: null })));
  expect(lines.map((words) => words.slice(1))).toEqual([
    ['STREAM', 'COLLECTED (UTC)', 'DROPPED (UTC)'],
    ['sam/casper', '2026-01-10 11:00:00', '2026-01-10 11:50:00'],
    [],
    ['sam/casper', '2026-01-10 10:30:00', '2026-01-10 11:50:00'],
    [],
  ]);
  expect(lines[2]).toEqual(['a person did not want them']);
});

test('each shown id names one entry', () => {
  for (let n = 0; n < 20; n++) put(box.outbox, { collectedAt: ago(n) });
  const entries = all(box.outbox);
  const ids = entryIds(box.outbox, entries);
  for (const [index, id] of ids.entries()) {
    expect(box.outbox.withPrefix(id, 2).map((entry) => entry.id)).toEqual([entries[index]?.id ?? '']);
  }
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [10_188, '9.9 KiB'],
  [10_240, '10 KiB'],
  [1_048_575, '1024 KiB'],
  [1_048_576, '1.0 MiB'],
  [1_073_741_824, '1.0 GiB'],
  [2_199_023_255_552, '2048 GiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

describe('as JSON', () => {
  test('an entry has all that the table has, and more', () => {
    const entry = put(box.outbox, { collectedAt: ago(90), failedProbes: ['jobs'] });
    const delivered = put(box.outbox, { collectedAt: ago(60), firstSentAt: ago(59) });
    box.outbox.delivered(delivered, attemptAt(ago(50), { status: 201 }), '{}');
    box.outbox.hold(entry, 'look at it first');
    expect(entryJson(get(box.outbox, entry.id))).toEqual({
      id: entry.id,
      stream: 'sam/casper',
      destination: 'sam',
      state: 'held',
      collected_at: '2026-01-10T10:30:00.000Z',
      bytes: 11,
      attempts: 0,
      first_sent_at: null,
      next_attempt_at: null,
      last_status: null,
      last_error: expect.anything(),
      delivered_at: null,
      failed_probes: ['jobs'],
    });
    expect(entryJson(get(box.outbox, delivered.id))).toMatchObject({
      state: 'delivered',
      first_sent_at: '2026-01-10T11:01:00.000Z',
      delivered_at: '2026-01-10T11:10:00.000Z',
      last_status: 201,
      last_error: null,
    });
  });

  test('no character can control a terminal', () => {
    expect(jsonLine({ a: '\u001b[2J\u007f\u0080\u009f\u202a\u202e\u2066\u2069é😀' })).toBe(
      '{"a":"\\u001b[2J\\u007f\\u0080\\u009f\\u202a\\u202e\\u2066\\u2069é😀"}',
    );
    expect(jsonLine({ a: 1 }, 2)).toBe('{\n  "a": 1\n}');
  });
});
