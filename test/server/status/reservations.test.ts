import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Json, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { leastTotals } from '../samples.ts';

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
  });
  afterAll(() => receiver.remove());

  const ahead = { start_time: '2998-01-01 00:00:00', end_time: '2999-01-01 00:00:00' };

  function snapshot(system: string, timestamp: string, reservations: Json[]) {
    return receiver.post(system, { ...leastTotals, timestamp, reservations });
  }

  async function listed(query: string): Promise<Json[]> {
    const { status, body } = await receiver.get(`reservations?${query}`);
    expect(status).toBe(200);
    return body as unknown as Json[];
  }

  test('a reservation is one row by system and name, with the newest values', async () => {
    const first = await snapshot('upsert', '2026-03-01T10:00:00', [
      { reservation_name: 'R1', ...ahead, node_count: 5 },
    ]);
    const again = await snapshot('upsert', '2026-03-01T10:05:00', [
      { reservation_name: 'R1', ...ahead, node_count: 9, description: 'R123.pbs', partition: 'main' },
    ]);
    expect(again.body.reservation_ids).toEqual(first.body.reservation_ids);
    await snapshot('upsert-too', '2026-03-01T10:05:00', [{ reservation_name: 'R1', ...ahead, system_name: 'upsert' }]);
    expect(await listed('system_name=upsert')).toEqual([
      {
        reservation_id: (first.body.reservation_ids as number[])[0],
        system_name: 'upsert',
        reservation_name: 'R1',
        description: 'R123.pbs',
        start_time: '2998-01-01T00:00:00',
        end_time: '2999-01-01T00:00:00',
        node_count: 9,
        partition: 'main',
        created_at: expect.any(String),
        updated_at: '2026-03-01T10:05:00',
      },
    ]);
  });

  test('a late snapshot does not overwrite values of a newer one', async () => {
    await snapshot('late', '2026-03-01T10:05:00', [{ reservation_name: 'R1', ...ahead, node_count: 9 }]);
    const late = await snapshot('late', '2026-03-01T10:00:00', [{ reservation_name: 'R1', ...ahead, node_count: 5 }]);
    expect(late.body.reservation_ids).toHaveLength(1);
    expect(await listed('system_name=late')).toMatchObject([{ node_count: 9, updated_at: '2026-03-01T10:05:00' }]);
  });

  test('the history of a reservation has each change, a silence, and the last report', async () => {
    const report = (time: string, change: Json) =>
      snapshot('changing', `2026-03-01T${time}:00`, [{ reservation_name: 'R1', ...ahead, node_count: 5, ...change }]);
    await report('10:00', {});
    await report('10:05', {});
    await report('10:10', { node_count: 9 });
    await snapshot('changing', '2026-03-01T10:15:00', []);
    await report('10:20', { node_count: 9 });
    await report('10:02', { node_count: 1 });
    await report('12:00', { node_count: 9, end_time: '2999-02-01' });
    const { status, body } = await receiver.get('changing/reservations/R1/history');
    expect(status).toBe(200);
    expect(body).toMatchObject({ system: 'changing', name: 'R1', last_reported: '2026-03-01T12:00:00' });
    const rest = { partition: null, description: null, start_time: '2998-01-01T00:00:00' };
    expect(body.changes).toEqual([
      { at: '2026-03-01T10:00:00', silent_since: null, ...rest, end_time: '2999-01-01T00:00:00', node_count: 5 },
      { at: '2026-03-01T10:10:00', silent_since: null, ...rest, end_time: '2999-01-01T00:00:00', node_count: 9 },
      {
        ...{ at: '2026-03-01T12:00:00', silent_since: '2026-03-01T10:20:00', ...rest },
        ...{ end_time: '2999-02-01T00:00:00', node_count: 9 },
      },
    ]);
    expect(await receiver.get('changing/reservations/R2/history')).toMatchObject({
      status: 404,
      body: { error: 'changing has no reservation R2' },
    });
  });

  test('reservations that have ended are listed only on request', async () => {
    await snapshot('over', '2026-03-01T10:00:00', [
      { reservation_name: 'over', start_time: '2026-01-01', end_time: '2026-01-02' },
      { reservation_name: 'ahead', ...ahead },
    ]);
    const names = async (query: string) =>
      (await listed(`system_name=over&${query}`)).map((row) => row.reservation_name);
    expect(await names('')).toEqual(['ahead']);
    expect(await names('upcoming_only=true')).toEqual(['ahead']);
    expect(await names('upcoming_only=false')).toEqual(['over', 'ahead']);
  });

  test('a reservation that its system has not reported for 30 minutes is hidden', async () => {
    await snapshot('stale', '2026-03-01T10:00:00', [{ reservation_name: 'R1', ...ahead }]);
    await snapshot('other', '2026-03-09T10:00:00', [{ reservation_name: 'R1', ...ahead }]);
    await snapshot('stale', '2026-03-01T10:30:00', []);
    expect(await listed('system_name=stale')).toHaveLength(1);
    await snapshot('stale', '2026-03-01T10:30:01', []);
    expect(await listed('system_name=stale')).toEqual([]);
    expect(await listed('')).toContainEqual(expect.objectContaining({ system_name: 'other' }));
  });

  test('all of a system without a snapshot for 30 minutes are hidden', async () => {
    await snapshot('silent', '2026-03-01T10:00:00', [{ reservation_name: 'R1', ...ahead }]);
    expect(await listed('system_name=silent')).toHaveLength(1);
    const received = new Date(Date.now() - 30 * 60_000 - 1000).toISOString().slice(0, 19);
    await receiver.change(`UPDATE snapshots SET received_at = '${received}' WHERE system = 'silent'`);
    expect(await listed('system_name=silent')).toEqual([]);
  });

  test('an unclear filter is refused', async () => {
    const { status, body } = await receiver.get('reservations?upcoming_only=perhaps');
    expect(status).toBe(400);
    expect(body).toEqual({ error: 'upcoming_only: must be true or false' });
  });
});
