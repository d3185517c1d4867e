/** What is kept of the history, for how long, and the buckets of times of which only hours or days are kept. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { backFillSlice, startBackFill } from '../../../src/server/status/back-fill.ts';
import { historyOf } from '../../../src/server/status/history.ts';
import { deleteOld, startRetention } from '../../../src/server/status/retention.ts';
import { addSamples, startOf } from '../../../src/server/status/samples.ts';
import type { Store } from '../../../src/server/store/port.ts';
import { until } from '../../support/until.ts';
import { openStatusStore, type StatusStore } from './stored.ts';

const now = new Date('2026-03-01T12:00:00Z');
const hourMs = 3_600_000;
const ago = (days: number, hours = 0) =>
  new Date(now.getTime() - (days * 24 + hours) * hourMs).toISOString().slice(0, 19);
const user = { username: 'ada', project_code: 'P1', queue_name: 'q', running_jobs: 2, cores_allocated: 8 };

describe('after the deletion of what is too old', () => {
  let status: StatusStore;
  beforeAll(async () => {
    status = await openStatusStore();
    for (const days of [40, 25, 20, 15, 13, 8, 3, 0]) {
      const reservations = [{ reservation_name: `R${days}`, start_time: ago(days), end_time: '2999-01-01' }];
      const filesystems = [{ filesystem_name: `f${days}` }];
      await status.snapshot('s', ago(days), { user_project_queues: [user], reservations, filesystems });
    }
    await status.snapshot('other', ago(40), { user_project_queues: [user] });
    await deleteOld(status.store, { raw_days: 18, hourly_days: 22, daily_days: 30 }, now);
  });
  afterAll(() => status.close());

  const times = async (sql: string) =>
    (await status.store.all<{ at: string | number }>(sql)).map(({ at }) => {
      const ms = typeof at === 'number' || /^\d+$/.test(at) ? Number(at) : Date.parse(`${at}Z`);
      return Math.round((now.getTime() - ms) / (24 * hourMs));
    });

  test.each([
    ['snapshots of 18 days', "SELECT timestamp AS at FROM snapshots WHERE system = 's' ORDER BY at", [15, 13, 8, 3, 0]],
    ['the newest snapshot of each system', "SELECT timestamp AS at FROM snapshots WHERE system = 'other'", [40]],
    [
      'samples of 18 days',
      "SELECT DISTINCT at FROM samples WHERE series_id = (SELECT id FROM series WHERE system = 's' AND kind = 'system') ORDER BY at",
      [15, 13, 8, 3, 0],
    ],
    [
      'counters of users of 14 days',
      "SELECT first_seen AS at FROM spans WHERE kind = 'user' ORDER BY at",
      [13, 8, 3, 0],
    ],
    [
      'states of 22 days',
      "SELECT first_seen AS at FROM spans WHERE kind = 'state' AND system = 's' ORDER BY at",
      [20, 15, 13, 8, 3, 0],
    ],
    ['hours of 22 days', `SELECT DISTINCT at FROM rollups WHERE length = ${hourMs} ORDER BY at`, [20, 15, 13, 8, 3, 0]],
    [
      'days of 30 days',
      `SELECT DISTINCT at + ${12 * hourMs} AS at FROM rollups WHERE length = ${24 * hourMs} ORDER BY at`,
      [25, 20, 15, 13, 8, 3, 0],
    ],
    [
      'sums by the hour of 22 days',
      `SELECT at FROM user_sums WHERE length = ${hourMs} ORDER BY at`,
      [20, 15, 13, 8, 3, 0],
    ],
    [
      'sums by the day of 30 days',
      `SELECT at + ${12 * hourMs} AS at FROM user_sums WHERE length = ${24 * hourMs} ORDER BY at`,
      [25, 20, 15, 13, 8, 3, 0],
    ],
    ['changes of reservations of 22 days', 'SELECT at FROM reservation_changes ORDER BY at', [20, 15, 13, 8, 3, 0]],
  ])('there are %s', async (_, sql, expected) => expect(await times(sql)).toEqual(expected));

  const asked = async (from: string, to: string, step: string) => {
    const query = new URLSearchParams({ from, to, step, fields: 'running_jobs' });
    return (await historyOf(status.store, 's', { kind: 'totals', name: '' }, query, now)).step;
  };
  test.each([
    ['in the time of samples', ago(14), ago(13, 20), '300', 300],
    ['that begins in the hour of the oldest sample', ago(15), ago(14, 23), '300', 300],
    ['that begins in the time of hours', ago(16), ago(15, 20), '300', 3600],
    ['that begins in the time of hours, by the hour', ago(19), ago(18), '1h', 3600],
    ['that begins in the time of hours, by the day', ago(19), ago(14), '1d', 86_400],
    ['that begins in the day of the oldest hour', ago(20), ago(19, 20), '300', 3600],
    ['that begins in the time of days', ago(21), ago(20), '300', 86_400],
    ['that begins in the time of days, by the hour', ago(21), ago(20), '1h', 86_400],
  ])('a period %s has buckets that are kept', async (_, from, to, step, expected) => {
    expect(await asked(from, to, step)).toBe(expected);
  });

  test('all days are kept without an end', async () => {
    await deleteOld(status.store, { raw_days: 1, hourly_days: 1, daily_days: null }, now);
    expect(
      await times(`SELECT DISTINCT at + ${12 * hourMs} AS at FROM rollups WHERE length = ${24 * hourMs} ORDER BY at`),
    ).toEqual([...[25, 20, 15, 13, 8, 3, 0]]);
  });

  test('the work ends when it must', async () => {
    let steps = 0;
    await deleteOld(status.store, { raw_days: 1, hourly_days: 1, daily_days: null }, now, async () => {
      steps += 1;
      return steps < 3;
    });
    expect(steps).toBe(3);
    const work = startRetention(status.store, { raw_days: 1, hourly_days: 1, daily_days: null }, () => {
      steps += 100;
    });
    await work.stop();
    expect(steps).toBe(3);
  });
});

describe('snapshots that are not in the history', () => {
  test('are added, five at a time, and the newest of each system first', async () => {
    const { store, snapshot, close } = await openStatusStore();
    for (let minute = 0; minute < 12; minute++) await snapshot('s', `2026-03-01T10:${10 + minute}:00`);
    await snapshot('t', '2026-03-01T10:00:00');
    const forget = () =>
      store.transaction(async (writer) => {
        for (const table of ['samples', 'rollups', 'series', 'spans']) await writer.run(`DELETE FROM ${table}`);
        await writer.run('UPDATE snapshots SET in_history = 0');
      });
    await forget();
    expect([await backFillSlice(store), await backFillSlice(store), await backFillSlice(store)]).toEqual([5, 5, 3]);
    expect(await backFillSlice(store)).toBe(0);
    await forget();
    const first: string[] = [];
    const spying: Store = {
      ...store,
      transaction: (work) =>
        store.transaction(async (writer) => {
          const result = await work(writer);
          const rows = await writer.all<{ n: number }>('SELECT count(*) AS n FROM snapshots WHERE in_history = 1');
          first.push(String(rows[0]?.n));
          return result;
        }),
    };
    const errors: unknown[] = [];
    const work = startBackFill(spying, (error) => errors.push(error));
    await until(async () => first.at(-1) === '13', 'all snapshots are in the history');
    await work.stop();
    expect([first, errors]).toEqual([['1', '2', '7', '12', '13'], []]);
    await close();
  });

  test('are left out if the database cannot be used, and that is reported', async () => {
    const { store, close } = await openStatusStore();
    const errors: unknown[] = [];
    const failure = new Error('no database');
    const failing: Store = { ...store, all: () => Promise.reject(failure) };
    const work = startBackFill(failing, (error) => errors.push(error));
    await work.stop();
    expect(errors).toEqual([failure]);
    await close();
  });
});

test('a second snapshot of a time adds no samples', async () => {
  const { store, close } = await openStatusStore();
  const entries = [
    { kind: 'system', name: '', values: [1] },
    { kind: 'queue', name: 'q', values: [2] },
    { kind: 'queue', name: 'q', values: [3] },
  ] as const;
  const add = (list: typeof entries | []) =>
    store.transaction((writer) => addSamples(writer, 's', 5 * hourMs + 7, list));
  const first = await add(entries);
  const second = await add(entries);
  expect([first.isAdded, second.isAdded, (await add([])).isAdded]).toEqual([true, false, false]);
  expect(second.idOf('queue', 'q')).toBe(first.idOf('queue', 'q'));
  expect(() => first.idOf('queue', 'x')).toThrow('an entry of a snapshot has no series');
  expect(await store.all('SELECT at, data FROM samples ORDER BY series_id')).toEqual([
    { at: 5 * hourMs + 7, data: '[1]' },
    { at: 5 * hourMs + 7, data: '[3]' },
  ]);
  expect(await store.all('SELECT length, at, data FROM rollups WHERE data LIKE $1 ORDER BY length', '%3%')).toEqual([
    { length: hourMs, at: 5 * hourMs, data: '[[1,3]]' },
    { length: 24 * hourMs, at: 0, data: '[[1,3]]' },
  ]);
  expect([startOf(-1, 10), startOf(0, 10), startOf(9, 10), startOf(10, 10)]).toEqual([-10, 0, 0, 10]);
  await close();
});
