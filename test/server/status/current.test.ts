/** Whole answers about what is now: systems, the overview and the pages. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { ReadingClient } from '../../../src/server/auth/caller.ts';
import { overviewAt } from '../../../src/server/status/overview.ts';
import { eventsPageData, outagesPageData, systemPageData } from '../../../src/server/status/page-data.ts';
import { labelOf, latestSnapshot } from '../../../src/server/status/snapshots.ts';
import { statesOf } from '../../../src/server/status/states.ts';
import { systemAt, systemsAt } from '../../../src/server/status/systems.ts';
import type { Json } from '../helper.ts';
import { leastTotals } from '../samples.ts';
import { at, type Current, now, openCurrent, user } from './current-data.ts';
import { outcome } from './stored.ts';

const names: ReadingClient = { account: null, seesNames: true, shownName: (name) => name };
const noNames: ReadingClient = { account: null, seesNames: false, shownName: () => null };

let status: Current['status'];
let ids: Current['ids'];
let first: Current['first'];
beforeAll(async () => {
  ({ status, ids, first } = await openCurrent());
});
afterAll(() => status.close());

const query = (text: string) => new URLSearchParams(text);
const titles = (outages: unknown) => (outages as { title: string }[]).map(({ title }) => title);

describe('systems', () => {
  const uptime = (percent: unknown, without: unknown, known: number) => ({
    ...{ days: 90, percent, percent_without_maintenance: without, known_percent: known },
  });
  const free = { cores: 580, gpus: 4, nodes: 5, node_types: [] };
  const cheyenne = {
    ...{ name: 'cheyenne', label: 'Cheyenne', kind: 'batch', state: 'down', reasons: ['critical: elsewhere'] },
    ...{ since: at('11:45'), uptime: uptime(0, 0, 0.012), timestamp: at('11:58'), received_at: at('11:58') },
    ...{ age: 120, failed_probes: [], free },
  };
  const derecho = {
    ...{ name: 'derecho', label: 'Derecho', kind: 'batch', state: 'degraded' },
    ...{ reasons: ['minor: open', 'Filesystem f is degraded'], since: at('11:56') },
    ...{ uptime: uptime(100, 100, 0.011), timestamp: at('11:56'), received_at: at('11:56'), age: 240 },
    ...{ failed_probes: ['nodes', 'jobs'], free },
  };
  const hub = {
    ...{ name: 'jupyterhub', label: 'JupyterHub', kind: 'hub', state: 'unknown' },
    ...{ reasons: ['No snapshot has arrived for 10 minutes'], since: at('11:59'), uptime: uptime(100, 100, 0.015) },
    ...{ timestamp: at('11:49'), received_at: at('11:49'), age: 660, failed_probes: [], free: null },
  };

  test('have their states by name, and each alone', async () => {
    expect((await systemsAt(status.store, now)) as unknown).toEqual([cheyenne, derecho, hub]);
    expect((await systemAt(status.store, 'derecho', now)) as unknown).toEqual(derecho);
    expect(await systemAt(status.store, 'none', now)).toBeNull();
  });

  test('have no age before the time of their newest snapshot', async () => {
    expect(await systemAt(status.store, 'derecho', new Date(`${at('11:50')}Z`))).toMatchObject({ age: 0 });
  });

  test('are unknown from 10 minutes after their newest snapshot on', async () => {
    const stateAt = async (time: string) => (await systemAt(status.store, 'jupyterhub', new Date(`${time}Z`)))?.state;
    expect([await stateAt(at('11:59')), await stateAt('2026-03-01T11:59:01')]).toEqual(['up', 'unknown']);
  });

  test('on the overview have figures, the last day and the last 90 days', async () => {
    const overview = await overviewAt(status.store, now);
    const [one, two, three] = overview.systems;
    expect([one, two, three].map((system) => system?.name)).toEqual(['cheyenne', 'derecho', 'jupyterhub']);
    const { figures, day, days, ...rest } = two ?? { figures: {}, day: { fields: {} }, days: [] };
    expect(rest as unknown).toEqual(derecho);
    expect(figures).toEqual({
      ...{ cpu_utilization_percent: 54.5, cpu_cores_allocated: 700, cpu_cores_total: 1280 },
      ...{ gpu_utilization_percent: null, gpu_count_allocated: 4, gpu_count_total: 8 },
      ...{ running_jobs: 21, pending_jobs: 34, held_jobs: 5 },
    });
    const averages = (value: number) => [...Array(47).fill(null), value];
    expect(day).toEqual({
      ...{ from: '2026-02-28T12:00:00', step: 1800 },
      fields: { cpu_utilization_percent: averages(54.5), gpu_utilization_percent: Array(48).fill(null) },
    });
    const nothing = { up: 0, degraded: 0, down: 0, maintenance: 0, unknown: 86_400 };
    expect(days).toHaveLength(90);
    expect([days[0], days.at(-2)]).toEqual([
      { date: '2025-12-02', ...nothing },
      { date: '2026-02-28', ...nothing },
    ]);
    expect(days.at(-1)).toEqual({
      ...{ date: '2026-03-01', up: 600, degraded: 240, down: 0, maintenance: 0 },
      unknown: 12 * 3600 - 840,
    });
    expect(three?.figures).toEqual({ active_users: 6, active_sessions: 7, nodes_total: null, nodes_free: null });
    expect(three?.day.fields).toEqual({ active_sessions: [...Array(47).fill(null), 8] });
    expect(titles(overview.outages)).toEqual(['planned', 'elsewhere', 'open']);
    expect(overview.reservations.map((one_) => one_.reservation_name)).toEqual(['other', 'sooner', 'later']);
  });

  test('have their states by bucket', async () => {
    const asked = `from=${at('11:00')}&to=${at('12:30')}&step=1800`;
    expect((await statesOf(status.store, 'derecho', query(asked), now)) as unknown).toEqual({
      ...{ system: 'derecho', from: at('11:00'), to: at('12:30'), step: 1800 },
      seconds: {
        ...{ up: [600, 0, 0], degraded: [0, 240, 0], down: [0, 0, 0], maintenance: [0, 0, 0] },
        unknown: [1200, 1560, 0],
      },
    });
    const { from, to, step } = await statesOf(status.store, 'derecho', query(''), now);
    expect({ from, to, step }).toEqual({ from: '2025-12-01T00:00:00', to: '2026-03-02T00:00:00', step: 86_400 });
    expect(await outcome(statesOf(status.store, 'none', query(''), now))).toEqual([404, 'There is no system none']);
  });
});

describe('the newest snapshot', () => {
  test('has everything that was sent, with its origins', async () => {
    const latest = await latestSnapshot(status.store, 'derecho', names.shownName);
    const origin = { timestamp: at('11:56'), created_at: at('11:56'), system_name: 'derecho' };
    expect(latest).toMatchObject({
      ...{ ...leastTotals, running_jobs: 21, pending_jobs: 34, held_jobs: 5, timestamp: at('11:56') },
      ...{ status_id: Number(first.status_id) + 1, created_at: at('11:56'), received_at: at('11:56') },
      collection_failed: ['nodes', 'jobs'],
      ...{ login_nodes: [], queues: [], filesystems: [{ filesystem_name: 'f', degraded: true, ...origin }] },
      // A gap of more than 20 minutes begins another span.
      user_project_queues: [{ ...user, held_jobs: 0, ...origin, last_seen: at('11:56') }],
    });
    expect(latest).not.toHaveProperty('node_types');
    expect(await latestSnapshot(status.store, 'derecho', noNames.shownName)).toMatchObject({
      user_project_queues: [{ username: null }],
    });
    expect(await latestSnapshot(status.store, 'none', names.shownName)).toBeNull();
  });

  test.each([
    ['derecho', 'Derecho'],
    ['jupyterhub', 'JupyterHub'],
    ['a', 'A'],
  ])('%s is called %s in messages', (system, label) => expect(labelOf(system)).toBe(label));
});

describe('the page', () => {
  const page = (system: string, text: string, client = names) =>
    outcome(systemPageData(status.store, system, query(text), client, now)) as Promise<Json>;

  test('of a batch system has its users or projects and no history', async () => {
    const data = await page('derecho', 'by=user&metric=jobs&step=300');
    expect(data.latest).toEqual(await latestSnapshot(status.store, 'derecho', names.shownName));
    expect(data).toMatchObject({
      ...{ system: { name: 'derecho', state: 'degraded' }, history: null },
      users: { group_by: 'user', metric: 'jobs', step: 300, series: [{ name: 'ada' }] },
    });
    expect(titles(data.outages)).toEqual(['planned', 'open']);
    // Those in the day of the history.
    expect(titles((data.users as Json).outages)).toEqual(['open', 'over', 'long over']);
    expect((data.reservations as Json[]).map((one) => one.reservation_name)).toEqual(['sooner', 'later']);
    expect(await page('derecho', '')).toMatchObject({ users: { group_by: 'project', series: [{ name: 'P1' }] } });
    expect(await page('derecho', 'by=user', noNames)).toMatchObject({ users: { group_by: 'project' } });
  });

  test('of a hub has its history and no users', async () => {
    expect(await page('jupyterhub', 'fields=active_users&step=1h')).toMatchObject({
      ...{ system: { name: 'jupyterhub' }, users: null, outages: [], reservations: [] },
      history: { kind: 'hub', name: null, step: 3600, fields: { active_users: expect.any(Object) }, outages: [] },
    });
  });

  test('of an unknown system is refused', async () => {
    expect(await page('none', '')).toEqual([404, 'No None status data available'] as never);
  });

  test('of outages has all, and the chosen one with its time line', async () => {
    const outages = async (text: string, client = names) => outagesPageData(status.store, query(text), client, now);
    const { outages: all, chosen } = await outages('');
    expect(titles(all)).toEqual(['planned', 'elsewhere', 'open', 'over', 'long over']);
    expect(chosen).toBeNull();
    const changes = { system_name: 'Derecho', title: 'open', severity: 'minor', status: 'investigating' };
    const update = {
      at: at('11:30'),
      changes: { ...changes, component: 'GPU nodes', description: 'Hot', start_time: at('11:30') },
    };
    expect((await outages(`id=${ids.open}`)).chosen as unknown).toEqual({
      ...{ outage_id: ids.open, ...changes, component: 'GPU nodes', description: 'Hot', start_time: at('11:30') },
      ...{ end_time: null, estimated_resolution: null, created_at: at('11:30'), updated_at: null },
      updates: [{ ...update, by: 'sender' }],
    });
    expect((await outages(`id=${ids.open}`, noNames)).chosen?.updates).toEqual([update]);
    expect((await outages('id=0')).chosen).toBeNull();
  });

  test('of events has all outages and reservations', async () => {
    const { outages, reservations } = await eventsPageData(status.store, now);
    expect(titles(outages)).toHaveLength(5);
    expect(reservations.map((one) => one.reservation_name)).toEqual(['over', 'other', 'sooner', 'later']);
  });
});
