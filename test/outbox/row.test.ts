/** Damaged values in the columns of an entry become values that every command can show. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { get, newOutbox, put, type TestOutbox } from './queue.ts';

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

/** The entry after one of its columns got a value. */
function withValue(column: string, value: number | string | null) {
  const { id } = put(here.outbox);
  here.outbox.database.query(`UPDATE entries SET ${column} = ? WHERE id = ?`).run(value, id);
  return get(here.outbox, id);
}

test.each([
  [8.64e15, 8.64e15],
  [8.64e15 + 1, 8.64e15],
  [-8.64e15 - 1, -8.64e15],
  [2 ** 53, 8.64e15],
  [-1, -1],
  [0, 0],
])('the time %p is read as %p', (stored, read) => {
  expect(withValue('collected_at', stored).collectedAt.getTime()).toBe(read);
  expect(withValue('delivered_at', stored).deliveredAt?.getTime()).toBe(read);
});

test.each([
  ['["jobs","nodes"]', ['jobs', 'nodes']],
  ['[1,null]', ['1', 'null']],
  ['{}', []],
  ['["jobs"', []],
  ['', []],
])('the failed probes %p are read as %p', (stored, read) => {
  expect(withValue('failed_probes', stored).failedProbes).toEqual(read);
});

test('a rest of more than an hour is not believed, and a shorter or a past one is', () => {
  const rest = (minutes: number) => {
    const until = Date.now() + minutes * 60_000;
    return withValue('next_attempt_at', until).nextAttemptAt?.getTime() === until;
  };
  expect([-1000, 15, 59, 62].map(rest)).toEqual([true, true, true, false]);
  expect(withValue('next_attempt_at', null).nextAttemptAt).toBeNull();
});
