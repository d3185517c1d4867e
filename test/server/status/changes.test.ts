/** The changes of status and the spans of states and users that snapshots in any order leave in the database. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Json } from '../helper.ts';
import { openStatusStore, type StatusStore } from './stored.ts';

let status: StatusStore;
beforeAll(async () => {
  status = await openStatusStore();
});
afterAll(() => status.close());

const start = Date.parse('2026-03-01T10:00:00Z');
const at = (minute: number) => new Date(start + minute * 60_000).toISOString().slice(0, 19);
const minuteOf = (time: string) => (Date.parse(`${time}Z`) - start) / 60_000;
const scratch = (state: Json) => ({ filesystems: [{ filesystem_name: 'scratch', ...state }] });
const [up, slow, down, absent] = [scratch({}), scratch({ degraded: true }), scratch({ available: false }), {}];

/** The changes of a resource, oldest first, as `MINUTE STATUS`. */
async function changes(resource: string): Promise<string[]> {
  const rows = await status.store.all<{ at: string; status: string }>(
    'SELECT at, status FROM resource_states WHERE resource = $1 ORDER BY at',
    resource,
  );
  return rows.map((row) => `${minuteOf(row.at)} ${row.status}`);
}

/** The spans of a system, as `FIRST-LAST VALUE`. */
async function spans(system: string, kind: 'state' | 'user', textOf: (value: string, key: string) => unknown) {
  const rows = await status.store.all<{ first_seen: string; last_seen: string; value: string; key: string }>(
    'SELECT first_seen, last_seen, value, key FROM spans WHERE system = $1 AND kind = $2 ORDER BY first_seen, key',
    system,
    kind,
  );
  return rows.map((row) => `${minuteOf(row.first_seen)}-${minuteOf(row.last_seen)} ${textOf(row.value, row.key)}`);
}
const states = (system: string) => spans(system, 'state', (value) => JSON.parse(value).state);

type Sent = readonly (readonly [minute: number, members: Json])[];
test.each<[what: string, sent: Sent, changes: readonly string[], states: readonly string[]]>([
  [
    'each change once',
    [
      [0, up],
      [5, up],
      [10, slow],
      [15, slow],
      [20, down],
      [25, up],
    ],
    ['0 up', '10 degraded', '20 down', '25 up'],
    ['0-5 up', '10-15 degraded', '20-20 degraded', '25-25 up'],
  ],
  [
    'a silence of more than 10 minutes',
    [
      [0, up],
      [10, up],
      [21, up],
      [32, slow],
    ],
    ['0 up', '20 unknown', '21 up', '31 unknown', '32 degraded'],
    ['0-10 up', '21-21 up', '32-32 degraded'],
  ],
  [
    'a resource that is gone and comes back',
    [
      [0, up],
      [5, absent],
      [9, absent],
      [14, up],
    ],
    ['0 up', '5 gone', '14 up'],
    ['0-14 up'],
  ],
  [
    'a resource that is gone for a silence',
    [
      [0, up],
      [5, absent],
      [30, absent],
    ],
    ['0 up', '5 gone'],
    ['0-5 up', '30-30 up'],
  ],
  [
    'a resource that comes later',
    [
      [0, absent],
      [5, up],
    ],
    ['5 up'],
    ['0-5 up'],
  ],
  [
    'a late snapshot with the state between',
    [
      [0, up],
      [10, up],
      [5, up],
    ],
    ['0 up'],
    ['0-10 up'],
  ],
  [
    'a late snapshot with another state',
    [
      [0, up],
      [10, up],
      [5, slow],
    ],
    ['0 up', '5 degraded', '10 up'],
    ['0-0 up', '5-5 degraded', '10-10 up'],
  ],
  [
    'a late snapshot that ends a silence',
    [
      [0, up],
      [20, up],
      [10, up],
    ],
    ['0 up'],
    ['0-20 up'],
  ],
  [
    'a late snapshot in a long silence',
    [
      [0, up],
      [40, up],
      [15, slow],
    ],
    ['0 up', '10 unknown', '15 degraded', '25 unknown', '40 up'],
    ['0-0 up', '15-15 degraded', '40-40 up'],
  ],
  [
    'a late snapshot before all others',
    [
      [10, up],
      [5, slow],
    ],
    ['5 degraded', '10 up'],
    ['5-5 degraded', '10-10 up'],
  ],
  [
    'a late snapshot before all others, long ago',
    [
      [30, up],
      [5, up],
    ],
    ['5 up', '15 unknown', '30 up'],
    ['5-5 up', '30-30 up'],
  ],
])('%s', async (what, sent, expected, expectedStates) => {
  const system = `s${Bun.hash(what) % 1_000_000n}`;
  for (const [minute, members] of sent) await status.snapshot(system, at(minute), members);
  expect(await changes(`${system}.fs.scratch`)).toEqual([...expected]);
  expect(await states(system)).toEqual([...expectedStates]);
  const [row] = await status.store.all(
    'SELECT kind, name, system FROM resources WHERE resource = $1',
    `${system}.fs.scratch`,
  );
  expect(row).toEqual({ kind: 'filesystem', name: 'scratch', system });
});

test('the counters of users are spans until they change, or for a gap of more than 20 minutes', async () => {
  const row = (username: string, running_jobs: number, queue_name = 'q') => ({
    ...{ username, project_code: 'P1', queue_name, running_jobs },
  });
  const send = async (minute: number, ...user_project_queues: Json[]) =>
    ((await status.snapshot('users', at(minute), { user_project_queues })).user_project_queue_ids as number[]).length;
  const begun = [
    await send(0, row('ada', 1), row('bob', 1)),
    await send(20, row('ada', 1), row('bob', 2)),
    await send(41, row('ada', 1), row('bob', 2, 'r')),
    await send(50, row('bob', 2, 'r')),
    await send(45, row('ada', 1), row('bob', 2, 'r')),
    await send(10, row('ada', 3)),
  ];
  expect(begun).toEqual([2, 1, 2, 0, 0, 1]);
  const named = (value: string, key: string) => `${JSON.parse(key).join('/')} ${JSON.parse(value)[0]}`;
  expect(await spans('users', 'user', named)).toEqual([
    '0-0 ada/P1/q 1',
    '0-0 bob/P1/q 1',
    '10-10 ada/P1/q 3',
    '20-20 ada/P1/q 1',
    '20-20 bob/P1/q 2',
    '41-45 ada/P1/q 1',
    '41-50 bob/P1/r 2',
  ]);
});
