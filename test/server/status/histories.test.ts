/** Whole histories of systems, of their parts, and of users and projects, from samples, spans and sums. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { ShownName } from '../../../src/server/auth/caller.ts';
import { historyOf, type SeriesChoice } from '../../../src/server/status/history.ts';
import { oneUserHistory } from '../../../src/server/status/one-user.ts';
import { userHistoryOf } from '../../../src/server/status/user-history.ts';
import type { Json } from '../helper.ts';
import { openStatusStore, outcome, type StatusStore } from './stored.ts';

const now = new Date('2026-03-01T13:00:00Z');
let status: StatusStore;

const counters = (base: number) => ({
  ...{ running_jobs: base, pending_jobs: base + 1, held_jobs: base + 2, cores_allocated: base * 10 },
  ...{ gpus_allocated: base + 4, nodes_allocated: base + 5, cores_pending: base + 6, gpus_pending: base + 7 },
  ...{ cores_held: base + 8, gpus_held: base + 9 },
});
const row = (username: string, base: number, rest: Json = {}) => ({
  ...{ username, project_code: `P-${username}`, queue_name: 'main' },
  ...counters(base),
  ...rest,
});

beforeAll(async () => {
  status = await openStatusStore();
  const snapshots: readonly (readonly [time: string, failed: string | null, jobs: number, users: readonly Json[]])[] = [
    ['10:02', 'queues', 30, [row('ada', 3), row('bob', 7), row('eve', 5)]],
    ['10:04', null, 10, [row('ada', 3), row('bob', 2, { queue_name: 'gpu' })]],
    ['10:12', 'nodes, queues', 44, [row('ada', 6), row('ada', 2, { queue_name: 'gpu' }), row('eve', 4)]],
    ['11:31', null, 7, [row('bob', 9)]],
  ];
  for (const [time, failed, running_jobs, user_project_queues] of snapshots) {
    const parts = { queues: [{ queue_name: 'main', pending_jobs: running_jobs * 2 }], user_project_queues };
    const members = { running_jobs, ...(time === '10:04' ? { cpu_utilization_percent: 54.5 } : {}), ...parts };
    await status.snapshot('derecho', `2026-03-01T${time}:00`, members, failed);
  }
  await status.snapshot('hub', '2026-03-01T10:02:00', { available: true, active_users: 8, active_sessions: 9 });
});
afterAll(() => status.close());

const short = 'from=2026-03-01T10:00:00&to=2026-03-01T10:15:00&step=300';
const long = 'from=2026-03-01T10:00:00&to=2026-03-01T12:00:00&step=1h';
const day = 'from=2026-03-01&to=2026-03-02&step=1d';
const coverage = {
  short: {
    ...{ from: '2026-03-01T10:00:00', to: '2026-03-01T10:15:00', step: 300, snapshots: [2, 0, 1] },
    failed_probes: { queues: [1, 0, 1], nodes: [0, 0, 1] },
  },
  long: {
    ...{ from: '2026-03-01T10:00:00', to: '2026-03-01T12:00:00', step: 3600, snapshots: [3, 1] },
    failed_probes: { queues: [2, 0], nodes: [1, 0] },
  },
  day: {
    ...{ from: '2026-03-01T00:00:00', to: '2026-03-02T00:00:00', step: 86_400, snapshots: [4] },
    failed_probes: { queues: [2], nodes: [1] },
  },
};

describe('the history of a series', () => {
  const history = (query: string, choice: SeriesChoice = { kind: 'totals', name: '' }, system = 'derecho') =>
    outcome(historyOf(status.store, system, choice, new URLSearchParams(query), now));
  const of = (average: unknown[], minimum = average, maximum = average) => ({ average, minimum, maximum });

  test('has the fields that the query names, from samples, hours or days', async () => {
    const fields = 'fields=,running_jobs,cpu_utilization_percent,gpu_utilization_percent,';
    const head = { system: 'derecho', kind: 'system', name: null };
    expect(await history(`${short}&${fields}`)).toEqual({
      ...{ ...head, ...coverage.short },
      fields: {
        running_jobs: of([20, null, 44], [10, null, 44], [30, null, 44]),
        cpu_utilization_percent: of([54.5, null, null]),
        gpu_utilization_percent: of([null, null, null]),
      },
    });
    expect(await history(`${long}&${fields}`)).toEqual({
      ...{ ...head, ...coverage.long },
      fields: {
        running_jobs: of([28, 7], [10, 7], [44, 7]),
        cpu_utilization_percent: of([54.5, null]),
        gpu_utilization_percent: of([null, null]),
      },
    });
    expect(await history(`${day}&${fields}`)).toEqual({
      ...{ ...head, ...coverage.day },
      fields: {
        running_jobs: of([22.75], [7], [44]),
        cpu_utilization_percent: of([54.5]),
        gpu_utilization_percent: of([null]),
      },
    });
  });

  test('of a queue has all fields with a value in the period', async () => {
    const zero = of([0, null, 0]);
    expect(await history(short, { kind: 'queue', name: 'main' })).toEqual({
      ...{ system: 'derecho', kind: 'queue', name: 'main', ...coverage.short },
      fields: {
        ...{ running_jobs: zero, pending_jobs: of([40, null, 88], [20, null, 88], [60, null, 88]), held_jobs: zero },
        ...{ active_users: zero, cores_allocated: zero, gpus_allocated: zero, nodes_allocated: zero },
        ...{ cores_pending: zero, gpus_pending: zero, cores_held: zero, gpus_held: zero },
      },
    });
  });

  test('of a hub has its own fields', async () => {
    expect(await history(`${short}&fields=active_users`, { kind: 'totals', name: '' }, 'hub')).toEqual({
      ...{ system: 'hub', kind: 'hub', name: null, ...coverage.short, snapshots: [1, 0, 0], failed_probes: {} },
      fields: { active_users: of([8, null, null]) },
    });
  });

  test.each<[system: string, choice: SeriesChoice, query: string, refusal: unknown]>([
    ['none', { kind: 'totals', name: '' }, '', [404, 'There is no system none']],
    ['derecho', { kind: 'queue', name: 'x' }, '', [404, 'derecho has no queue x']],
    ['derecho', { kind: 'node_type', name: 'main' }, '', [404, 'derecho has no node type main']],
    ['derecho', { kind: 'login_node', name: 'x' }, '', [404, 'derecho has no login node x']],
    ['derecho', { kind: 'filesystem', name: 'x' }, '', [404, 'derecho has no filesystem x']],
    ['derecho', { kind: 'totals', name: 'x' }, '', [404, 'derecho has no system x']],
    ['derecho', { kind: 'filesystem', name: 'main' }, 'fields=x', [404, 'derecho has no filesystem main']],
    [
      'hub',
      { kind: 'totals', name: '' },
      'fields=x,available,y',
      [400, expect.stringMatching(/^fields: x, y: must be of available, active_users, .*, derecho_batch_jobs$/)],
    ],
  ])('of %s, %j %s is refused', async (system, choice, query, refusal) => {
    expect(await history(query, choice, system)).toEqual(refusal);
  });
});

describe('the history of users or projects', () => {
  const everybody: ShownName = (name) => name;
  const history = (query: string, by: 'user' | 'project' = 'user', shown = everybody, system = 'derecho') =>
    outcome(userHistoryOf(status.store, system, by, new URLSearchParams(query), shown, now));
  const head = { group_by: 'user', state: 'running', metric: 'cores', rank: 'current', queue: null };

  test('has the greatest now first, the others together, and all', async () => {
    expect(await history(`${short}&top=2`)).toEqual({
      ...{ ...coverage.short, system: 'derecho', ...head },
      series: [
        { name: 'ada', average: [30, null, 80] },
        { name: 'eve', average: [25, null, 40] },
      ],
      others: { count: 1, average: [45, null, 0] },
      total: [100, null, 120],
    });
    expect(await history(`${long}&top=1`)).toEqual({
      ...{ ...coverage.long, system: 'derecho', ...head },
      series: [{ name: 'bob', average: [30, 90] }],
      others: { count: 2, average: [76.6666666667, 0] },
      total: [106.666666667, 90],
    });
    expect(await history(day)).toMatchObject({
      series: [
        { name: 'bob', average: [45] },
        { name: 'ada', average: [35] },
        { name: 'eve', average: [22.5] },
      ],
      others: { count: 0, average: [0] },
      total: [102.5],
    });
  });

  test('by the peak, of one queue, and of another state', async () => {
    const names = async (query: string, by: 'user' | 'project' = 'user') =>
      ((await history(query, by)) as { series: { name: string; average: unknown }[] }).series.map(({ name }) => name);
    expect(await names(`${long}&rank=peak`)).toEqual(['bob', 'ada', 'eve']);
    expect(await names(`${short}&rank=peak`)).toEqual(['ada', 'bob', 'eve']);
    expect(await names(`${short}&rank=peak`, 'project')).toEqual(['P-ada', 'P-bob', 'P-eve']);
    for (const step of ['300', '1h']) {
      const query = `from=2026-03-01T10:00:00&to=2026-03-01T10:15:00&step=${step}&queue=gpu&state=pending&metric=gpus`;
      expect(await history(query)).toMatchObject({
        ...{ state: 'pending', metric: 'gpus', queue: 'gpu' },
        series:
          step === '300'
            ? [
                { name: 'ada', average: [0, null, 9] },
                { name: 'bob', average: [4.5, null, 0] },
              ]
            : [
                { name: 'ada', average: [3] },
                { name: 'bob', average: [3] },
              ],
      });
    }
  });

  test('counts those whose names the client may not see among the others', async () => {
    const shown: ShownName = (name) => (name === 'ada' ? null : `user-${name}`);
    expect(await history(short, 'user', shown)).toMatchObject({
      series: [
        { name: 'user-eve', average: [25, null, 40] },
        { name: 'user-bob', average: [45, null, 0] },
      ],
      others: { count: 1, average: [30, null, 80] },
      total: [100, null, 120],
    });
    expect(await history(`${short}&top=1`, 'project', shown)).toMatchObject({
      series: [{ name: 'P-ada', average: [30, null, 80] }],
    });
  });

  test('of an unknown system is refused', async () => {
    expect(await history('', 'user', everybody, 'none')).toEqual([404, 'There is no system none']);
  });

  test.each([
    ['of 7 days within the last 14', 'from=2026-02-15T13:00:00&to=2026-02-22T13:00:00&step=1800', 1800],
    ['of more than 7 days', 'from=2026-02-20T13:00:00&to=2026-03-01T13:00:00&step=1800', 3600],
    ['of days before the last 14', 'from=2026-02-14T13:00:00&to=2026-02-15T13:00:00&step=300', 3600],
    ['of the last 14 days', 'from=2026-02-15T13:00:00&to=2026-02-16T13:00:00&step=300', 300],
    ['of hours', 'from=2026-01-14T13:00:00&to=2026-01-16T13:00:00&step=2h', 7200],
  ])('%s has buckets of the asked length, or of an hour', async (_, query, step) => {
    expect(await history(query)).toMatchObject({ step });
  });

  test('of one user has the average of each counter, all queues together', async () => {
    const one = (query: string, by: 'user' | 'project', name: string, system = 'derecho') =>
      outcome(oneUserHistory(status.store, system, { by, name }, new URLSearchParams(query), everybody, now));
    const averages = (values: Record<string, unknown[]>) =>
      Object.fromEntries(Object.entries(values).map(([field, average]) => [field, { average }]));
    const fields = averages({
      ...{ running_jobs: [3, null, 8], pending_jobs: [4, null, 10], held_jobs: [5, null, 12] },
      ...{ cores_allocated: [30, null, 80], gpus_allocated: [7, null, 16], nodes_allocated: [8, null, 18] },
      ...{ cores_pending: [9, null, 20], gpus_pending: [10, null, 22], cores_held: [11, null, 24] },
      gpus_held: [12, null, 26],
    });
    expect(await one(short, 'user', 'ada')).toEqual({
      ...{ ...coverage.short, system: 'derecho', kind: 'user', name: 'ada', fields },
    });
    expect(await one(short, 'project', 'P-ada')).toEqual({
      ...{ ...coverage.short, system: 'derecho', kind: 'project', name: 'P-ada', fields },
    });
    expect(await one(long, 'user', 'bob')).toMatchObject({
      ...{ ...coverage.long, fields: averages({ running_jobs: [3, 9], gpus_held: [9, 18] }) },
    });
    expect(await one(day, 'project', 'P-bob')).toMatchObject({
      ...{ ...coverage.day, fields: averages({ cores_allocated: [45], cores_held: [10.5] }) },
    });
    expect(await one(short, 'user', 'P-ada')).toMatchObject({ fields: averages({ running_jobs: [0, null, 0] }) });
    expect(await one('', 'user', 'ada', 'none')).toEqual([404, 'There is no system none']);
  });
});
