import { afterEach, beforeEach, expect, test } from 'bun:test';
import { deleteOld } from '../../../src/server/status/retention.ts';
import { openStore } from '../../../src/server/store/open.ts';
import type { Store } from '../../../src/server/store/port.ts';
import { type Json, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { leastTotals } from '../samples.ts';

const now = new Date('2026-03-02T12:00:00Z');
const dayMs = 86_400_000;
const daysAgo = (days: number) => new Date(now.getTime() - days * dayMs).toISOString().slice(0, 19);
const days = { raw_days: 90, hourly_days: 200, daily_days: null };

overEngines((engine) => {
  let receiver: TestReceiver;
  let store: Store;
  beforeEach(async () => {
    receiver = await startForTest({ engine });
    store = await openStore(receiver.database);
  });
  afterEach(async () => {
    await store.close();
    await receiver.remove();
  });

  const user = { username: 'ada', project_code: 'P1', queue_name: 'cpu', running_jobs: 1, cores_allocated: 5 };
  const send = async (system: string, age: number, running_jobs: number) => {
    const body = { ...leastTotals, timestamp: daysAgo(age), running_jobs, user_project_queues: [user] };
    expect(await receiver.post(system, body, { 'Idempotency-Key': `${system}-${age}` })).toMatchObject({ status: 201 });
  };
  const jobs = async (query: string) => {
    const { body } = await receiver.get(`s/history?fields=running_jobs&${query}`);
    const { average } = (body.fields as Record<string, { average: (number | null)[] }>).running_jobs ?? { average: [] };
    return { step: body.step, values: average.filter((value) => value !== null) };
  };

  test('old snapshots become hours, and old hours become days', async () => {
    for (const [age, running] of [
      [300, 1],
      [101, 9],
      [100, 2],
      [89, 3],
      [88, 5],
      [0, 4],
    ] as const)
      await send('s', age, running);
    await deleteOld(store, days, now);
    expect(await receiver.rows('snapshots')).toBe(3);
    const around = (age: number) => `from=${daysAgo(age + 0.1)}&to=${daysAgo(age - 0.1)}&step=300`;
    expect(await jobs(around(88))).toEqual({ step: 300, values: [5] });
    expect(await jobs(around(100))).toEqual({ step: 3600, values: [2] });
    expect(await jobs(around(300))).toEqual({ step: 86_400, values: [1] });
    const users = await receiver.get(`s/users?from=${daysAgo(101)}&to=${daysAgo(99)}&step=1d`);
    expect((users.body.series as Json[])[0]).toMatchObject({ name: 'ada' });
  });

  test('old changes of status are deleted, but for the last, which still holds', async () => {
    for (const age of [400, 399.997, 399.994, 300, 100, 0]) {
      const state = { filesystem_name: 'scratch', available: age < 399.995 };
      const { status } = await receiver.post('s', { ...leastTotals, timestamp: daysAgo(age), filesystems: [state] });
      expect(status).toBe(201);
    }
    const changes = async () => {
      const rows = await receiver.all<{ at: string; status: string }>(
        "SELECT at, status FROM resource_states WHERE resource = 's.fs.scratch' ORDER BY at",
      );
      return rows.map(({ at, status }) => [at.slice(0, 10), status]);
    };
    expect((await changes()).length).toBe(8);
    await deleteOld(store, days, now);
    expect(await changes()).toEqual([
      [daysAgo(300).slice(0, 10), 'unknown'],
      [daysAgo(100).slice(0, 10), 'up'],
      [daysAgo(100).slice(0, 10), 'unknown'],
      [daysAgo(0).slice(0, 10), 'up'],
    ]);
  });

  test('the changes of a reservation are deleted long after its last report', async () => {
    for (const [name, age] of [
      ['old', 300],
      ['kept', 300],
      ['kept', 100],
    ] as const) {
      const reservation = { reservation_name: name, start_time: daysAgo(age), end_time: daysAgo(0) };
      const body = { ...leastTotals, timestamp: daysAgo(age + (name === 'old' ? 1 : 0)), reservations: [reservation] };
      expect(await receiver.post('s', body)).toMatchObject({ status: 201 });
    }
    await deleteOld(store, days, now);
    const rows = await receiver.all<{ name: string }>('SELECT name FROM reservation_changes ORDER BY at');
    expect(rows.map(({ name }) => name)).toEqual(['kept', 'kept']);
  });

  test('the newest snapshot of a system stays', async () => {
    await send('silent', 300, 7);
    await deleteOld(store, days, now);
    expect((await receiver.get('silent/latest')).body).toMatchObject({ running_jobs: 7 });
  });

  test('a snapshot that is not yet in the history stays', async () => {
    for (const age of [300, 0]) await send('s', age, 1);
    await receiver.change('UPDATE snapshots SET in_history = 0');
    await deleteOld(store, days, now);
    expect(await receiver.rows('snapshots')).toBe(2);
  });

  test('with an end for days, nothing but the newest snapshot is left', async () => {
    for (const age of [300, 299]) await send('s', age, 1);
    await receiver.change("UPDATE deliveries SET received_at = '2025-01-01T00:00:00'");
    await deleteOld(store, { ...days, daily_days: 200 }, now);
    for (const table of ['samples', 'rollups', 'user_sums', 'spans', 'deliveries']) {
      expect({ table, rows: await receiver.rows(table) }).toEqual({ table, rows: 0 });
    }
    expect(await receiver.rows('snapshots')).toBe(1);
  });

  test('many rows are deleted in steps, and the work ends between two of them when it must', async () => {
    await send('s', 300, 1);
    const rows = Array.from({ length: 1800 }, (_, at) => [1, at, '[]']);
    const target = { table: 'samples', columns: ['series_id', 'at', 'data'], key: ['series_id', 'at'] };
    await store.transaction((writer) => writer.insertMany(target, rows));
    let steps = 0;
    const before = await receiver.rows('samples');
    await deleteOld(store, days, now, async () => {
      steps += 1;
      return (await receiver.rows('samples')) === before;
    });
    expect(await receiver.rows('samples')).toBe(before - 500);
    await deleteOld(store, days, now);
    expect(await receiver.rows('samples')).toBe(0);
    expect(steps).toBeGreaterThan(1);
  });
});
