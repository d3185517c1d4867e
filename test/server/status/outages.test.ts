import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Json, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { outageSample } from '../samples.ts';

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
  });
  afterAll(() => receiver.remove());

  const least = { title: 'Login nodes do not answer', severity: 'minor' };
  const future = '2999-01-01T00:00:00';

  async function titles(query: string): Promise<unknown[]> {
    const { status, body } = await receiver.get(`outages?${query}`);
    expect(status).toBe(200);
    return (body as unknown as Json[]).map((outage) => outage.title);
  }

  test("the guide's sample is stored and answered as by the SAM API", async () => {
    const { status, body } = await receiver.post('outage', outageSample);
    expect(status).toBe(201);
    expect(body).toEqual({
      success: true,
      message: 'Outage reported successfully',
      outage_id: expect.any(Number),
      system_name: 'Derecho',
      severity: 'major',
    });
    const listed = (await receiver.get('outages?include_resolved=true&system_name=Derecho')).body;
    expect(listed).toEqual([
      { ...outageSample, outage_id: body.outage_id, created_at: expect.any(String), updated_at: null },
    ] as unknown as Json);
  });

  test.each([
    ['severity', 'Critical', 'must be one of critical, major, minor, maintenance'],
    ['status', 'open', 'must be one of investigating, identified, monitoring, resolved'],
    ['status', null, 'must not be null'],
    ['title', 't'.repeat(256), 'must have at most 255 characters'],
    ['component', 'c'.repeat(129), 'must have at most 128 characters'],
    ['system_name', 's'.repeat(33), 'must have at most 32 characters'],
    ['start_time', 'soon', 'is not an ISO 8601 time'],
    ['start_time', 5, 'must be an ISO 8601 time as text'],
    ['end_time', '', 'is not an ISO 8601 time'],
    ['estimated_resolution', 'later', 'is not an ISO 8601 time'],
  ])('%s = %p is refused with %p', async (field, value, words) => {
    const { status, body } = await receiver.post('outage', { system_name: 'derecho', ...least, [field]: value });
    expect(status).toBe(400);
    expect(body.error).toStartWith(`${field}: ${words}`);
  });

  test('status and start default to investigating and now; "" is not a time', async () => {
    await receiver.post('outage', { system_name: 'defaults', ...least, start_time: '', estimated_resolution: '' });
    const { body } = await receiver.get('outages?system_name=defaults');
    expect(body).toMatchObject([{ status: 'investigating', end_time: null, estimated_resolution: null }]);
    const [{ start_time, created_at }] = body as unknown as [Json];
    expect(start_time).toBe(created_at);
  });

  test('each POST is a new outage, even if its body has an id', async () => {
    const first = await receiver.post('outage', { system_name: 'ids', ...least });
    const second = await receiver.post('outage', {
      system_name: 'ids',
      ...least,
      outage_id: first.body.outage_id,
      created_at: '1999-01-01',
    });
    expect(second.body.outage_id).not.toBe(first.body.outage_id);
    const { body } = await receiver.get('outages?system_name=ids');
    expect(body).toHaveLength(2);
    expect(JSON.stringify(body)).not.toContain('1999');
  });

  test('the list has the newest first and filters', async () => {
    const outages = [
      { title: 'old', start_time: '2026-01-01' },
      { title: 'new', start_time: '2026-03-01T10:00:00Z', status: 'monitoring' },
      { title: 'middle', start_time: '2026-02-01', end_time: future },
      { title: 'said to be resolved', start_time: '2026-02-02', status: 'resolved' },
      { title: 'over', start_time: '2026-02-03', end_time: '2026-02-04' },
    ];
    for (const outage of outages) await receiver.post('outage', { ...least, ...outage, system_name: 'Casper' });
    expect(await titles('system_name=Casper')).toEqual(['new', 'middle', 'old']);
    expect(await titles('system_name=casper')).toEqual(['new', 'middle', 'old']);
    expect(await titles('system_name=Casper&include_resolved=true')).toEqual([
      'new',
      'over',
      'said to be resolved',
      'middle',
      'old',
    ]);
    expect(await titles('system_name=Casper&include_resolved=false&status=resolved')).toEqual([]);
    expect(await titles('system_name=Casper&status=resolved')).toEqual(['said to be resolved']);
    expect(await titles('system_name=Casper&status=monitoring')).toEqual(['new']);
    expect(await titles('system_name=nowhere')).toEqual([]);
    expect(await titles('')).toContain('old');
  });

  test.each([
    ['include_resolved=maybe', 'include_resolved: must be true or false'],
    ['include_resolved=constructor', 'include_resolved: must be true or false'],
    ['status=open', 'status: must be one of investigating, identified, monitoring, resolved'],
  ])('the filter %p is refused', async (query, error) => {
    const { status, body } = await receiver.get(`outages?${query}`);
    expect(status).toBe(400);
    expect(body).toEqual({ error });
  });

  describe('with an outage_key', () => {
    const key = '019aa000-0000-7000-8000-000000000001';
    const first = { system_name: 'keyed', ...least, outage_key: key, start_time: '2026-03-01T10:00:00' };
    const list = async () => (await receiver.get('outages?system_name=keyed&include_resolved=true')).body;

    test('a later report takes the place of the first, and the answer repeats the key', async () => {
      const { body } = await receiver.post('outage', { ...first, outage_reported_at: '2026-03-01T10:05:00' });
      expect(body).toMatchObject({ outage_key: key });
      const second = {
        ...first,
        severity: 'major',
        component: 'Login nodes',
        outage_reported_at: '2026-03-01T10:10:00',
      };
      expect((await receiver.post('outage', second)).body).toMatchObject({
        outage_id: body.outage_id,
        outage_key: key,
      });
      expect(await list()).toMatchObject([
        {
          outage_id: body.outage_id,
          severity: 'major',
          component: 'Login nodes',
          updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+$/),
        },
      ]);
    });

    test('without a start it keeps the one it has', async () => {
      const { start_time: _, ...rest } = first;
      await receiver.post('outage', { ...rest, outage_reported_at: '2026-03-01T10:15:00' });
      expect(await list()).toMatchObject([{ start_time: '2026-03-01T10:00:00' }]);
    });

    test('a late report does not reopen a resolved outage', async () => {
      const over = { ...first, status: 'resolved', end_time: '2026-03-01T11:00:00' };
      await receiver.post('outage', { ...over, outage_reported_at: '2026-03-01T11:00:00' });
      const late = await receiver.post('outage', { ...first, outage_reported_at: '2026-03-01T10:20:00' });
      expect(late).toMatchObject({ status: 201, body: { outage_key: key } });
      expect(await list()).toMatchObject([{ status: 'resolved', end_time: '2026-03-01T11:00:00' }]);
    });

    test('another key is another outage', async () => {
      await receiver.post('outage', { ...first, outage_key: 'another' });
      expect(await list()).toHaveLength(2);
    });
  });
});
