/** The payload against both APIs: the guide's own samples, and what today's server requires (measured by leaving each out). */

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordingOf, snapshotOf } from '../support/collected.ts';
import { fixtures, systemOf } from '../support/systems.ts';

const collected = {
  derecho: snapshotOf(systemOf('derecho'), recordingOf('derecho')),
  casper: snapshotOf(systemOf('casper'), recordingOf('casper')),
};
const payloadOf = async (name: keyof typeof collected) => (await collected[name]).payload;

/** What the API requires, or must not be null; the others it does without. */
const required = {
  derecho: [
    ...['cpu', 'gpu'].flatMap((kind) => ['total', 'available', 'down', 'reserved'].map((of) => `${kind}_nodes_${of}`)),
    ...['cpu_cores', 'gpu_count'].flatMap((what) => ['total', 'allocated', 'idle'].map((of) => `${what}_${of}`)),
    ...['memory_total_gb', 'memory_allocated_gb', 'running_jobs', 'pending_jobs', 'held_jobs', 'active_users'],
    ...['login_nodes', 'queues', 'user_project_queues', 'filesystems'],
  ],
  casper: [
    ...['total', 'available', 'down', 'reserved'].map((of) => `viz_nodes_${of}`),
    ...['total', 'allocated', 'idle'].map((of) => `viz_count_${of}`),
    'node_types',
  ],
};

const counters = ['running', 'pending', 'held']
  .map((of) => `${of}_jobs`)
  .concat(
    ['allocated', 'pending', 'held'].flatMap((of) => [`cores_${of}`, `gpus_${of}`]),
    'nodes_allocated',
  );
const inRows = {
  login_nodes: ['node_name', 'available', 'degraded', 'user_count', 'load_1min', 'load_5min', 'load_15min', 'num_cpus'],
  queues: ['queue_name', 'active_users', ...counters],
  user_project_queues: ['username', 'project_code', 'queue_name', ...counters],
  filesystems: [
    'filesystem_name',
    'available',
    'degraded',
    'capacity_tb',
    'used_tb',
    'utilization_percent',
    'capacity_inodes',
    'used_inodes',
    'inodes_utilization_percent',
  ],
  reservations: ['system_name', 'reservation_name', 'description', 'start_time', 'end_time', 'node_count', 'partition'],
  queue_definitions: ['queue_name', 'queue_type', 'enabled', 'started', 'total_jobs'],
};

/** Every key of a value, as `queues.queue_name`. */
function keysOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysOf(item, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [`${path}${key}`, ...keysOf(member, `${path}${key}.`)]);
}

describe.each(['derecho', 'casper'] as const)('%s', (name) => {
  test("has every field of the guide's sample", async () => {
    const sample = JSON.parse(readFileSync(join(fixtures, 'seeds', `guide-${name}.json`), 'utf8'));
    const keys = new Set(keysOf(await payloadOf(name)));
    expect(keysOf(sample).filter((key) => !keys.has(key))).toEqual([]);
  });

  test('has every field that today’s API requires, and none of them is null', async () => {
    const payload = await payloadOf(name);
    const fields = [...required.derecho, ...(name === 'casper' ? required.casper : [])];
    expect(fields.filter((field) => Reflect.get(payload, field) == null)).toEqual([]);
    for (const [list, columns] of Object.entries(inRows)) {
      const rows: unknown = Reflect.get(payload, list);
      if (!Array.isArray(rows) || rows.length === 0) throw new Error(`${list} is empty`);
      for (const row of rows) expect(columns.filter((column) => Reflect.get(row, column) == null)).toEqual([]);
    }
  });

  test('has a naive timestamp in UTC, with six fractional digits', async () => {
    const system = { derecho: '024', casper: '882' }[name];
    expect((await payloadOf(name)).timestamp).toBe(`2026-11-21T08:00:00.123${system}`);
  });

  test('has nothing that would overwrite a row of the API', async () => {
    const keys = keysOf(await payloadOf(name)).map((key) => key.split('.').at(-1) ?? '');
    expect(keys.filter((key) => /_id$|^id$|^created_at$/.test(key))).toEqual([]);
  });

  test('has each row once by what the API knows it', async () => {
    const payload = await payloadOf(name);
    const keys = {
      queues: payload.queues.map(({ queue_name }) => queue_name),
      shares: payload.user_project_queues.map((row) => [row.username, row.project_code, row.queue_name].join('/')),
      filesystems: payload.filesystems.map(({ filesystem_name }) => filesystem_name),
      types: (payload.node_types ?? []).map(({ node_type }) => node_type),
      reservations: (payload.reservations ?? []).map(({ reservation_name }) => reservation_name),
    };
    for (const list of Object.values(keys)) expect(new Set(list).size).toBe(list.length);
  });

  test('has its configured queues whether or not they have jobs, if they exist', async () => {
    const { queues, queue_definitions } = await payloadOf(name);
    const existing = new Set(queue_definitions?.map(({ queue_name }) => queue_name));
    const configured = systemOf(name).queues.filter((queue) => existing.has(queue));
    expect(configured.length).toBeGreaterThan(1);
    const names = queues.map(({ queue_name }) => queue_name);
    expect(names).toEqual(expect.arrayContaining(configured));
    expect(names.filter((queue) => !existing.has(queue))).toEqual([]);
  });
});

test('login nodes of Casper have no type, those of Derecho have', async () => {
  for (const row of (await payloadOf('casper')).login_nodes) expect(row).not.toHaveProperty('node_type');
  expect((await payloadOf('derecho')).login_nodes.map(({ node_type }) => node_type)).toEqual([
    'cpu',
    'cpu',
    'cpu',
    'cpu',
    'gpu',
    'gpu',
    'gpu',
    'gpu',
  ]);
});

test('results keep the configured order', async () => {
  const { login_nodes, filesystems } = await payloadOf('derecho');
  expect(login_nodes.map(({ node_name }) => node_name)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `derecho${n}`));
  expect(filesystems.map(({ filesystem_name }) => filesystem_name)).toEqual(['glade', 'campaign', 'derecho_scratch']);
});
