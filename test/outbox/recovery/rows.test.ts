/** Which values of a damaged file are rows of an outbox: a wrong answer would deliver nonsense, or lose an entry. */

import { describe, expect, test } from 'bun:test';
import type { CellValue } from '../../../src/outbox/recovery/record.ts';
import { droppedRowOf, entryColumns, entryRowOf, metadataOf } from '../../../src/outbox/recovery/rows.ts';

const id = '01890a5d-ac96-774b-bcce-b302099a8057';
const at = Date.UTC(2026, 2, 1);

/** The values of an undelivered entry in the order of the file. SQLite stores null in place of the row's number. */
const entry: readonly CellValue[] = [
  null,
  id,
  'sam/derecho',
  'sam',
  'POST',
  '/api/v1/status/derecho',
  120,
  'ab'.repeat(32),
  at,
  'pending',
  3,
  1,
  at + 1,
  at + 2,
  503,
  'HTTP 503',
  null,
  null,
  '["qstat"]',
];
const dropped: readonly CellValue[] = [null, id, 'sam/derecho', at, at + 1, 'too old'];

describe('an entry', () => {
  test('has the number of its row and all its values', () => {
    expect(entryRowOf(7, entry)).toMatchObject({
      sequence: 7,
      id,
      state: 'pending',
      attempts: 3,
      failed_drains: 1,
      first_sent_at: at + 1,
      next_attempt_at: at + 2,
      last_status: 503,
      last_error: 'HTTP 503',
      failed_probes: '["qstat"]',
    });
  });

  test('has all the values that SQLite stored, by name', () => {
    const delivered = entry
      .with(9, 'delivered')
      .with(16, at + 3)
      .with(17, '{"a":1}');
    expect(entryRowOf(7, delivered)).toEqual({
      ...{ sequence: 7, id, stream: 'sam/derecho', destination: 'sam', method: 'POST' },
      ...{ path: '/api/v1/status/derecho', body_bytes: 120, body_sha256: 'ab'.repeat(32), collected_at: at },
      ...{ state: 'delivered', attempts: 3, failed_drains: 1, first_sent_at: at + 1, next_attempt_at: at + 2 },
      ...{ last_status: 503, last_error: 'HTTP 503', delivered_at: at + 3, answer: '{"a":1}' },
      failed_probes: '["qstat"]',
    });
  });

  const columnOf = (name: (typeof entryColumns)[number]) => entryColumns.indexOf(name);

  test.each<[(typeof entryColumns)[number], readonly CellValue[]]>([
    ['id', [id.toUpperCase(), id.slice(1), `${id}0`, id.replace('-774b', '-474b'), 7, null]],
    ['stream', ['', 'sam derecho', 'sam/\u007f', 'a'.repeat(301), null]],
    ['destination', ['', 'sam derecho', null]],
    ['method', ['', 'GET', null]],
    ['path', ['', 'x', null]],
    ['body_bytes', [-1, 2 ** 30 + 1, 0.5, '120', null]],
    ['body_sha256', ['', 'ab'.repeat(31), `${'ab'.repeat(32)}a`, 'AB'.repeat(32), null]],
    ['collected_at', [Date.UTC(2000) - 1, Date.UTC(2200) + 1, 0, null]],
    ['state', ['', 'Pending', 'lost', null]],
  ])('is not recovered without a valid %s', (name, values) => {
    for (const value of values)
      expect([value, entryRowOf(7, entry.with(columnOf(name), value))]).toEqual([value, null]);
  });

  test.each<[(typeof entryColumns)[number], readonly CellValue[]]>([
    ['stream', ['!', '~'.repeat(300)]],
    ['body_bytes', [0, 2 ** 30]],
    ['collected_at', [Date.UTC(2000), Date.UTC(2200)]],
    ['state', ['pending', 'delivered', 'rejected', 'held']],
    ['attempts', [0, 2 ** 31]],
    ['failed_drains', [0, 2 ** 31]],
    ['first_sent_at', [Date.UTC(2000), Date.UTC(2200), null]],
    ['next_attempt_at', [Date.UTC(2000), Date.UTC(2200), null]],
    ['last_status', [100, 999, null]],
    ['last_error', ['', 'HTTP 503', null]],
    ['delivered_at', [Date.UTC(2000), Date.UTC(2200), null]],
    ['answer', ['', '{}', null]],
    ['failed_probes', ['[]', '["qstat","queues"]']],
  ])('is recovered with any valid %s', (name, values) => {
    for (const value of values)
      expect([value, entryRowOf(7, entry.with(columnOf(name), value))?.[name]]).toEqual([value, value]);
  });

  test.each<[(typeof entryColumns)[number], readonly CellValue[], CellValue]>([
    ['attempts', [-1, 2 ** 31 + 1, 0.5, null, undefined], 0],
    ['failed_drains', [-1, 2 ** 31 + 1, 'x', null], 0],
    ['first_sent_at', [Date.UTC(2000) - 1, Date.UTC(2200) + 1, 'x'], null],
    ['next_attempt_at', [17, Date.UTC(2200) + 1, 'x'], null],
    ['last_status', [99, 1000, 'x'], null],
    ['last_error', [1, undefined, new Uint8Array(2)], null],
    ['delivered_at', [-1, Date.UTC(2200) + 1, 'x'], null],
    ['answer', [1, undefined, new Uint8Array(2)], null],
    ['failed_probes', ['', '{', '{}', '[1]', 'null', null], '[]'],
  ])('is recovered without an invalid %s', (name, values, instead) => {
    for (const value of values)
      expect([value, entryRowOf(7, entry.with(columnOf(name), value))?.[name]]).toEqual([value, instead]);
  });

  test('may have columns that a later version added', () => {
    expect(entryRowOf(7, [...entry, 'later'])).toEqual(entryRowOf(7, entry));
  });

  test.each([1, 2, 9])('has no fewer columns than the first version stored: not %d fewer', (fewer) => {
    expect(entryRowOf(7, entry.slice(0, -fewer))).toBeNull();
  });

  test('has no value in place of the number of its row', () => {
    expect(entryRowOf(7, entry.with(0, 7))).toBeNull();
  });

  test.each([0, -1])('has a positive number: not %d', (sequence) => {
    expect(entryRowOf(sequence, entry)).toBeNull();
  });
});

describe('a record of a dropped entry', () => {
  test('has its values', () => {
    expect(droppedRowOf(dropped)).toEqual({
      id,
      stream: 'sam/derecho',
      collected_at: at,
      dropped_at: at + 1,
      reason: 'too old',
    });
  });

  test.each<[string, readonly CellValue[]]>([
    ['a column too few', dropped.slice(0, -1)],
    ['a column too many', [...dropped, null]],
    ['a value in place of the number of its row', dropped.with(0, 1)],
    ['an identifier that the outbox does not make', dropped.with(1, id.replace('-774b', '-474b'))],
    ['an impossible time', dropped.with(4, 12)],
    ['an impossible time of collection', dropped.with(3, 12)],
    ['a stream with a space', dropped.with(2, 'sam derecho')],
    ['a number in place of the reason', dropped.with(5, 1)],
  ])('does not have %s', (_, values) => {
    expect(droppedRowOf(values)).toBeNull();
  });
});

describe('metadata', () => {
  test.each(['login1', 'a', 'a'.repeat(253)])('keeps a host name of up to 253 characters', (host) => {
    expect(metadataOf(['host', host])).toEqual(['host', host]);
  });

  test.each<[string, readonly CellValue[]]>([
    ['a host that is no host name', ['host', 'a\u0000b']],
    ['a host that ends with a dash', ['host', 'login1-']],
    ['a host name that is too long', ['host', 'a'.repeat(254)]],
    ['the time of the last check, which is about the damaged file', ['checked', '"x"']],
    ['text that is no JSON', ['history', '{']],
    ['a number', ['history', 1]],
    ['three columns', ['history', '{}', null]],
    ['a key in upper case', ['History', '{}']],
    ['a key that is too long', ['a'.repeat(41), '{}']],
    ['a key that is a number', [1, '{}']],
    ['a key without a value', ['history']],
    ['a key with a NULL', ['history', null]],
    ['recoveries that are no JSON', ['damage', '[{']],
    ['a host that begins with a dot', ['host', '.login1']],
    ['an empty host', ['host', '']],
    ['an empty key', ['', '{}']],
  ])('leaves out %s', (_, values) => {
    expect(metadataOf(values)).toBeNull();
  });

  test.each(['a'.repeat(40), 'damage', 'to-string', 'constructor'])('keeps JSON of any key: %s', (key) => {
    expect(metadataOf([key, '[1]'])).toEqual([key, '[1]']);
  });
});
