/** Which values of a damaged file are rows of an outbox: a wrong answer would deliver nonsense, or lose an entry. */

import { describe, expect, test } from 'bun:test';
import type { CellValue } from '../../../src/outbox/recovery/record.ts';
import { droppedRowOf, entryRowOf, metadataOf } from '../../../src/outbox/recovery/rows.ts';

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
  ])('leaves out %s', (_, values) => {
    expect(metadataOf(values)).toBeNull();
  });

  test('keeps JSON of any key', () => {
    expect(metadataOf(['a'.repeat(40), '[1]'])).toEqual(['a'.repeat(40), '[1]']);
  });
});
