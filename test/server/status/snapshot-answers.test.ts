/** The answers to snapshots, whole, and what a stored snapshot is shown with. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { latestSnapshot } from '../../../src/server/status/snapshots.ts';
import { vizTotals } from '../samples.ts';
import { openStatusStore, type StatusStore } from './stored.ts';

let status: StatusStore;
beforeAll(async () => {
  status = await openStatusStore();
});
afterAll(() => status.close());

const at = (time: string) => `2026-03-01T${time}:00`;
const success = (label: string, status_id: unknown, timestamp = at('10:00')) => ({
  ...{ success: true, message: `${label} status ingested successfully`, status_id, timestamp },
});
const lists = {
  login_nodes: [{ node_name: 'l1' }, { node_name: 'l2' }, { node_name: 'l1' }],
  queues: [{ queue_name: 'q1' }],
  filesystems: [{ filesystem_name: 'f1' }, { filesystem_name: 'f2' }],
  node_types: [{ node_type: 't1', nodes_total: 3, nodes_available: 2 }],
  user_project_queues: ['ada', 'bob'].map((username) => ({ username, project_code: 'P1', queue_name: 'q1' })),
  queue_definitions: [{ queue_name: 'q1' }, { queue_name: '' }, { enabled: true }, { queue_name: 'q2' }],
  reservations: [{ reservation_name: 'R1', start_time: '2998-01-01', end_time: '2999-01-01' }],
};

test('the answer has the ids of each entry of the lists', async () => {
  const body = await status.snapshot('derecho', at('10:00'), lists);
  const rows = await status.store.all<{ id: number; kind: string; name: string }>('SELECT id, kind, name FROM series');
  const id = (name: string) => rows.find((row) => row.name === name)?.id;
  const spans = await status.store.all<{ id: number }>("SELECT id FROM spans WHERE kind = 'user' ORDER BY id");
  const [reservation] = await status.store.all<{ id: number }>('SELECT id FROM reservations');
  expect(body).toEqual({
    ...success('Derecho', expect.any(Number)),
    ...{ login_node_ids: [id('l1'), id('l2'), id('l1')], queue_ids: [id('q1')] },
    ...{ filesystem_ids: [id('f1'), id('f2')], node_type_ids: [id('t1')] },
    ...{ user_project_queue_ids: spans.map((span) => span.id), reservation_ids: [reservation?.id] },
    queue_definitions_applied: 2,
  });
  // The same snapshot gets the same answer, also one that an older version stored without it.
  expect(await status.snapshot('derecho', at('10:00'), lists)).toEqual(body);
  await status.store.transaction((writer) => writer.run('UPDATE snapshots SET answer = NULL'));
  expect(await status.snapshot('derecho', at('10:00'), lists)).toEqual(success('Derecho', body.status_id));
  expect(status.snapshot('derecho', at('10:00'), { ...lists, running_jobs: 7 })).rejects.toThrow(
    'Derecho has another snapshot with the timestamp 2026-03-01T10:00:00',
  );
});

test('the answer has no ids of lists that were not sent, but for the node types of casper', async () => {
  const empty = { login_node_ids: [], queue_ids: [], filesystem_ids: [], user_project_queue_ids: [] };
  const body = { queue_definitions: [], reservations: [] };
  expect(await status.snapshot('gust', at('10:00'), body)).toEqual({
    ...success('Gust', expect.any(Number)),
    ...empty,
  });
  expect(await status.snapshot('casper', at('10:00'), { ...body, ...vizTotals })).toEqual({
    ...{ ...success('Casper', expect.any(Number)), ...empty, node_type_ids: [] },
  });
  expect(await status.snapshot('jupyterhub', at('10:00'), { available: true })).toEqual(
    success('JupyterHub', expect.any(Number)),
  );
});

test('the newest snapshot is shown with the origin of each entry', async () => {
  await status.snapshot('shown', at('10:00'), lists);
  const changed = lists.user_project_queues.map((row) => (row.username === 'bob' ? { ...row, held_jobs: 2 } : row));
  await status.snapshot('shown', at('10:05'), { ...lists, user_project_queues: changed });
  const origin = { timestamp: at('10:05'), created_at: at('10:05'), system_name: 'shown' };
  const latest = await latestSnapshot(status.store, 'shown', (name) => `user-${name}`);
  expect(latest).toMatchObject({
    login_nodes: [
      { node_name: 'l1', ...origin },
      { node_name: 'l2', ...origin },
      { node_name: 'l1', ...origin },
    ],
    queues: [{ queue_name: 'q1', ...origin }],
    filesystems: [
      { filesystem_name: 'f1', ...origin },
      { filesystem_name: 'f2', ...origin },
    ],
    node_types: [{ node_type: 't1', ...origin }],
    user_project_queues: [
      { ...origin, username: 'user-ada', timestamp: at('10:00'), created_at: at('10:00'), last_seen: at('10:05') },
      { ...origin, username: 'user-bob', held_jobs: 2, last_seen: at('10:05') },
    ],
    queue_definitions: [{ queue_name: 'q1' }, { queue_name: '' }, { enabled: true }, { queue_name: 'q2' }],
  });
});

test('the members of a body that the receiver sets are ignored', async () => {
  const set = { status_id: 99, outage_id: 98, created_at: '1999-01-01', received_at: '1999-01-01', note: 'kept' };
  const { status_id } = await status.snapshot('set', at('10:00'), set);
  const latest = await latestSnapshot(status.store, 'set', () => null);
  expect(latest).toMatchObject({
    ...{ status_id, created_at: at('10:00'), received_at: at('10:00'), timestamp: at('10:00'), note: 'kept' },
    collection_failed: [],
  });
  expect(latest).not.toHaveProperty('outage_id');
});
