import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Json, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { leastTotals } from '../samples.ts';

const hourMs = 3_600_000;
/** The start of an hour of yesterday: short buckets are for the last 14 days only. */
const hour = Math.floor(Date.now() / hourMs) * hourMs - 24 * hourMs;
const timeAt = (minute: number) => new Date(hour + minute * 60_000).toISOString();
const window = `from=${timeAt(0)}&to=${timeAt(20)}&step=300`;

const row = (username: string, cores_allocated: number, rest: Json = {}) => ({
  ...{ username, project_code: `P-${username}`, queue_name: 'cpu', running_jobs: 1, cores_allocated },
  ...rest,
});

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
    const snapshots: readonly (readonly [number, readonly Json[]])[] = [
      [11, [row('ada', 40), row('eve', 1)]],
      [1, [row('ada', 10), row('bob', 30), row('eve', 1)]],
      [2, [row('ada', 20), row('bob', 30, { queue_name: 'gpu' })]],
    ];
    for (const [minute, user_project_queues] of snapshots) {
      await receiver.post('s', { ...leastTotals, timestamp: timeAt(minute), user_project_queues });
    }
  });
  afterAll(() => receiver.remove());

  const expected = {
    system: 's',
    group_by: 'user',
    state: 'running',
    metric: 'cores',
    rank: 'current',
    queue: null,
    step: 300,
    snapshots: [2, 0, 1, 0],
    series: [
      { name: 'ada', average: [15, null, 40, null] },
      { name: 'eve', average: [0.5, null, 1, null] },
    ],
    others: { count: 1, average: [30, null, 0, null] },
    total: [45.5, null, 41, null],
  };

  test('the users with the most cores now, the others together, and all', async () => {
    const { status, body } = await receiver.get(`s/users?${window}&top=2`);
    expect(status).toBe(200);
    expect(body).toMatchObject(expected);
  });

  test('by the peak in the period', async () => {
    const { body } = await receiver.get(`s/users?${window}&rank=peak`);
    expect((body.series as { name: string }[]).map(({ name }) => name)).toEqual(['ada', 'bob', 'eve']);
    expect(body.others).toEqual({ count: 0, average: [0, null, 0, null] });
  });

  test('an hour and a day average the same snapshots', async () => {
    for (const step of ['1h', '1d']) {
      const { body } = await receiver.get(`s/users?from=${timeAt(0)}&to=${timeAt(60)}&step=${step}`);
      const averages = (body.series as { name: string; average: number[] }[]).map(({ name, average }) => [
        name,
        Math.round((average.find((value) => value !== null) ?? -1) * 3),
      ]);
      expect(averages).toEqual([
        ['ada', 70],
        ['bob', 60],
        ['eve', 2],
      ]);
    }
  });

  test('of one queue', async () => {
    for (const step of ['300', '1h']) {
      const { body } = await receiver.get(`s/users?from=${timeAt(0)}&to=${timeAt(20)}&step=${step}&queue=gpu`);
      expect((body.series as { name: string }[]).map(({ name }) => name)).toEqual(['bob']);
    }
  });

  test('of pending jobs, if there are none', async () => {
    const { body } = await receiver.get(`s/users?${window}&state=pending&metric=jobs`);
    expect(body).toMatchObject({ state: 'pending', metric: 'jobs', series: [], total: [0, null, 0, null] });
  });

  test('projects', async () => {
    const { body } = await receiver.get(`s/projects?${window}&top=1`);
    expect(body).toMatchObject({
      group_by: 'project',
      series: [{ name: 'P-ada', average: [15, null, 40, null] }],
      others: { count: 2 },
    });
  });

  test.each(['from=2025-01-01', 'from=2025-01-01T00:00&to=2025-01-01T01:00&step=300'])(
    'buckets of %s are at least an hour long, because only sums are kept',
    async (query) => {
      const { status, body } = await receiver.get(`s/users?${query}`);
      expect(status).toBe(200);
      expect(body.step).toBeGreaterThanOrEqual(3600);
    },
  );

  test.each([
    ['state=waiting&top=0', /^state: must be one of running, pending, held; top: must be a number from 1 to 100$/],
    ['state=constructor', /^state: must be one of/],
    ['state=held&metric=nodes', /^metric: must be one of jobs, cores, gpus$/],
    ['rank=best', /^rank: must be one of current, peak$/],
  ])('%s is 400', async (query, error) => {
    const { status, body } = await receiver.get(`s/users?${query}`);
    expect({ status, error: body.error }).toEqual({ status: 400, error: expect.stringMatching(error) });
  });

  const fieldsOf = async (path: string) =>
    (await receiver.get(path)).body.fields as Record<string, { average: (number | null)[] }>;

  test.each([
    ['users/ada', [15, null, 40, null]],
    ['projects/P-ada', [15, null, 40, null]],
    ['users/nobody', [0, null, 0, null]],
  ])('the history of %s has the average of each counter, all queues together', async (path, cores) => {
    const { status, body } = await receiver.get(`s/${path}/history?${window}`);
    expect({ status, ...body }).toMatchObject({
      status: 200,
      ...{ system: 's', kind: path.split('/')[0]?.slice(0, -1), name: path.split('/')[1], step: 300 },
      snapshots: [2, 0, 1, 0],
    });
    const fields = await fieldsOf(`s/${path}/history?${window}`);
    expect(fields.cores_allocated?.average).toEqual(cores);
    expect(Object.keys(fields)).toContain('gpus_held');
  });

  test.each(['1h', '1d'])('the history of a user in steps of %s comes from sums', async (step) => {
    const fields = await fieldsOf(`s/users/bob/history?from=${timeAt(0)}&to=${timeAt(60)}&step=${step}`);
    expect(fields.cores_allocated?.average.find((value) => value !== null)).toBe(20);
  });

  test('an unknown system is 404', async () => {
    expect(await receiver.get('none/users/ada/history')).toMatchObject({ status: 404 });
    expect(await receiver.get('none/projects')).toMatchObject({ status: 404 });
  });
});

test('the history of a user is found by its pseudonym, and not by its name', async () => {
  const receiver = await startForTest({ anonymisesUsers: true });
  await receiver.post('s', { ...leastTotals, timestamp: timeAt(1), user_project_queues: [row('ada', 10)] });
  const { body } = await receiver.get(`s/users?${window}`);
  const [{ name: pseudonym }] = body.series as [{ name: string }];
  const coresOf = async (name: string) => {
    const answer = (await receiver.get(`s/users/${name}/history?${window}`)).body;
    return (answer.fields as Record<string, { average: number[] }>).cores_allocated?.average[0];
  };
  expect([await coresOf(pseudonym), await coresOf('ada')]).toEqual([10, 0]);
  await receiver.remove();
});
