/** The answers with everything that a page of the dashboard shows. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Json, login, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { leastTotals } from '../samples.ts';

overEngines((engine) => {
  let receiver: TestReceiver;
  const hour = 3_600_000;
  const at = (hours: number) => new Date(Date.now() + hours * hour).toISOString();
  beforeAll(async () => {
    receiver = await startForTest({ engine });
    const row = { username: 'ada', project_code: 'P1', queue_name: 'main', running_jobs: 2, cores_allocated: 8 };
    const reservation = { reservation_name: 'R1', start_time: at(1), end_time: at(2), node_count: 3 };
    await receiver.post('s', { ...leastTotals, user_project_queues: [row], reservations: [reservation] });
    await receiver.post('hub', { available: true, active_users: 3, active_sessions: 4 });
    const report = { system_name: 'S', severity: 'minor' };
    await receiver.post('outage', { ...report, title: 'Over', start_time: at(-3), end_time: at(-2) });
    await receiver.post('outage', { ...report, title: 'Long over', start_time: at(-300), end_time: at(-299) });
    await receiver.post('outage', { ...report, title: 'Open', start_time: at(-1) });
    await receiver.post('outage', { ...report, system_name: 'hub', title: 'Other' });
  });
  afterAll(() => receiver.remove());

  const page = async (path: string): Promise<Json> => {
    const answer = await fetch(`${receiver.url}/api/v1/pages/${path}`, { headers: login });
    return { status: answer.status, ...((await answer.json()) as Json) };
  };
  const titles = (outages: unknown) => (outages as { title: string }[]).map(({ title }) => title);

  test('a system: its newest snapshot, state, outages, reservations and projects', async () => {
    const data = await page('systems/s');
    expect(data).toMatchObject({
      status: 200,
      latest: (await receiver.get('s/latest')).body,
      system: {
        name: 's',
        kind: 'batch',
        state: 'degraded',
        figures: { cpu_cores_total: leastTotals.cpu_cores_total },
      },
      reservations: [{ reservation_name: 'R1', node_count: 3 }],
      users: { group_by: 'project', metric: 'cores', series: [{ name: 'P1' }] },
    });
    expect(titles(data.outages)).toEqual(['Open']);
  });

  test('a system by user, with the measure that the query names', async () => {
    const { users } = await page('systems/s?by=user&metric=jobs');
    expect(users).toMatchObject({ group_by: 'user', metric: 'jobs', series: [{ name: 'ada' }] });
  });

  test('a hub: its history in the place of users', async () => {
    const { latest, users, history } = await page('systems/hub');
    expect(latest).toMatchObject({ active_sessions: 4 });
    expect(users).toBeNull();
    expect(history).toMatchObject({ kind: 'hub', outages: [{ title: 'Other' }] });
  });

  test('an unknown system is 404', async () => {
    expect(await page('systems/none')).toMatchObject({ status: 404, error: 'No None status data available' });
  });

  test('outages, and one of them with its time line', async () => {
    const { outages, chosen } = await page('outages');
    expect(titles(outages).sort()).toEqual(['Long over', 'Open', 'Other', 'Over']);
    expect(chosen).toBeNull();
    const [first] = outages as { outage_id: number; title: string }[];
    expect(await page(`outages?id=${first?.outage_id}`)).toMatchObject({
      chosen: { title: first?.title, updates: [{ changes: { title: first?.title } }] },
    });
    expect(await page('outages?id=x')).toMatchObject({ status: 200, chosen: null });
  });

  test('events: all outages and reservations', async () => {
    const { outages, reservations } = await page('events');
    expect(titles(outages)).toHaveLength(4);
    expect(reservations).toMatchObject([{ reservation_name: 'R1' }]);
  });

  test.each(['history', 'projects'])('the %s of a system has the outages in its period on request', async (part) => {
    const asked = await receiver.get(`s/${part}?include=outages`);
    expect(titles(asked.body.outages).sort()).toEqual(['Open', 'Over']);
    expect((await receiver.get(`s/${part}`)).body).not.toHaveProperty('outages');
    expect(await receiver.get(`s/${part}?include=users`)).toMatchObject({
      status: 400,
      body: { error: 'include: must be outages' },
    });
  });
});
