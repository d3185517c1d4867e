/** One outage: GET, PATCH and DELETE, and its time line. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Json, login, overEngines, startForTest, type TestReceiver } from '../helper.ts';

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
  });
  afterAll(() => receiver.remove());

  const start_time = '2026-03-01T10:00:00';

  async function report(rest: Json = {}): Promise<string> {
    const body = { system_name: 'derecho', title: 'GPU nodes down', severity: 'major', start_time, ...rest };
    const answer = await receiver.post('outage', body);
    expect(answer.status).toBe(201);
    return `outages/${answer.body.outage_id}`;
  }
  const patch = (path: string, body: unknown) =>
    receiver.send('PATCH', path, {
      headers: { ...login, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  const shown = async (path: string) => (await receiver.get(path)).body;
  const isNow = (time: unknown) => Math.abs(Date.now() - Date.parse(`${time}Z`)) < 60_000;

  describe('PATCH as the SAM API answers it', () => {
    test.each([
      [{ status: 'identified' }, { status: 'identified' }],
      [{ severity: 'critical' }, { severity: 'critical' }],
      [{ title: 'x' }, { title: 'x' }],
      [{ description: '' }, { description: null }],
      [{ description: null }, { description: null }],
      [{ description: 'Chiller 3 failed' }, { description: 'Chiller 3 failed' }],
      [{ estimated_resolution: '2026-11-29T03:00:00-07:00' }, { estimated_resolution: '2026-11-29T10:00:00' }],
      [{ estimated_resolution: '' }, { estimated_resolution: null }],
      [{ estimated_resolution: null }, { estimated_resolution: null }],
      [
        { system_name: 'casper', start_time: '2026-01-01T00:00:00', outage_id: 7 },
        { system_name: 'derecho', start_time },
      ],
      [{}, {}],
    ])('%j', async (body, expected) => {
      const path = await report({ description: 'before', estimated_resolution: '2026-03-02T00:00:00' });
      const { status, body: answer } = await patch(path, body);
      const after = await shown(path);
      expect(status).toBe(200);
      expect(answer).toEqual({ success: true, outage_id: after.outage_id, status: String(after.status) });
      expect(after).toMatchObject(expected);
      expect(isNow(after.updated_at)).toBe(true);
    });

    test.each([
      [{ status: 'bogus' }, 'status: must be one of investigating, identified, monitoring, resolved'],
      [{ status: null }, 'status: must not be null'],
      [{ severity: 'bogus' }, 'severity: must be one of critical, major, minor, maintenance'],
      [{ title: '' }, 'title: must not be empty'],
      [{ title: 't'.repeat(256) }, 'title: must have at most 255 characters'],
      [{ estimated_resolution: 'junk' }, 'estimated_resolution: is not an ISO 8601 time'],
      [{ estimated_resolution: 5 }, 'estimated_resolution: must be an ISO 8601 time as text'],
      [{ end_time: '2026-02-28T00:00:00' }, 'end_time: must not be before the start, 2026-03-01T10:00:00'],
      [[1], 'JSON body must be an object'],
    ])('%j is 400 and changes nothing', async (body, error) => {
      const path = await report();
      const before = await shown(path);
      const { status, body: answer } = await patch(path, body);
      expect({ status, error: answer.error }).toEqual({ status: 400, error: expect.stringContaining(error) });
      expect(await shown(path)).toEqual(before);
    });

    test('a component and an end, which the SAM API ignores, are changed', async () => {
      const path = await report();
      await patch(path, { component: 'GPU nodes', end_time: '2026-03-01T12:00:00Z' });
      expect(await shown(path)).toMatchObject({ component: 'GPU nodes', end_time: '2026-03-01T12:00:00' });
    });
  });

  test('an outage that is resolved ends now, unless it says when, and has no end when it is opened again', async () => {
    const path = await report();
    await patch(path, { status: 'resolved' });
    expect(isNow((await shown(path)).end_time)).toBe(true);
    await patch(path, { status: 'monitoring' });
    expect(await shown(path)).toMatchObject({ end_time: null });
    await patch(path, { status: 'resolved', end_time: '2026-03-01T11:00:00' });
    expect(await shown(path)).toMatchObject({ status: 'resolved', end_time: '2026-03-01T11:00:00' });
    const planned = await report({ severity: 'maintenance', start_time: '2999-01-01', end_time: '2999-01-02' });
    await patch(planned, { status: 'resolved' });
    expect(await shown(planned)).toMatchObject({ end_time: '2999-01-01T00:00:00' });
  });

  test('the time line has each change with its time and sender', async () => {
    const reported = (minute: number, rest: Json) =>
      report({ outage_key: `line-${engine}`, outage_reported_at: `2026-03-01T10:0${minute}:00`, ...rest });
    const path = await reported(1, {});
    await reported(2, { status: 'identified' });
    await reported(2, { status: 'identified' });
    await patch(path, { severity: 'minor', description: 'One chiller is back' });
    await reported(3, { status: 'investigating', title: 'Late report' });
    const { updates, title } = await shown(path);
    expect(title).toBe('GPU nodes down');
    expect(updates).toEqual([
      {
        at: '2026-03-01T10:01:00',
        by: 'collector',
        changes: {
          system_name: 'derecho',
          title: 'GPU nodes down',
          severity: 'major',
          status: 'investigating',
          start_time,
        },
      },
      { at: '2026-03-01T10:02:00', by: 'collector', changes: { status: 'identified' } },
      {
        at: expect.any(String),
        by: 'collector',
        changes: { severity: 'minor', description: 'One chiller is back' },
      },
    ]);
  });

  test('DELETE removes an outage with its time line', async () => {
    const path = await report();
    const { status, body } = await receiver.send('DELETE', path, { headers: login });
    expect({ status, body }).toEqual({ status: 200, body: { success: true } });
    for (const method of ['GET', 'DELETE']) {
      expect(await receiver.send(method, path, { headers: login })).toMatchObject({
        status: 404,
        body: { error: 'Not found' },
      });
    }
    expect(await patch(path, { status: 'resolved' })).toMatchObject({ status: 404, body: { error: 'Not found' } });
  });

  test('another method is 405, and an id that is not a number is 404', async () => {
    const { status, headers } = await receiver.send('PUT', 'outages/1', { headers: login });
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'GET, HEAD, PATCH, DELETE' });
    expect(await receiver.get('outages/abc')).toMatchObject({ status: 404 });
    expect(await receiver.get('outages/999999999999999')).toMatchObject({ status: 404 });
  });

  test('changing needs a login', async () => {
    const path = await report();
    for (const method of ['PATCH', 'DELETE']) {
      expect(await receiver.send(method, path)).toMatchObject({ status: 401 });
    }
  });
});
