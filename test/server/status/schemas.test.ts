/** The bodies of snapshots and outages: what they become, their lengths, and which schema they must match. */

import { describe, expect, test } from 'bun:test';
import type { z } from 'zod';
import * as entries from '../../../src/server/status/entries.ts';
import { batchSchema, hubSchema, outageSchema, snapshotSchema } from '../../../src/server/status/schemas.ts';
import type { Json } from '../helper.ts';
import { casperSample, leastTotals, vizTotals } from '../samples.ts';

/** What a schema makes of a value, or the words of its refusal. */
function read(schema: z.ZodType, value: unknown): unknown {
  const { success, data, error } = schema.safeParse(value);
  return success ? data : error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}

const noJobs = {
  ...{ running_jobs: 0, pending_jobs: 0, held_jobs: 0, cores_allocated: 0, gpus_allocated: 0, nodes_allocated: 0 },
  ...{ cores_pending: 0, gpus_pending: 0, cores_held: 0, gpus_held: 0 },
};
const span = { start_time: '2026-01-01', end_time: '2026-01-02' };

describe('the least', () => {
  test.each<[what: string, schema: z.ZodType, least: Json, defaults: Json]>([
    [
      'login node',
      entries.loginNode,
      { node_name: 'n' },
      {
        ...{ node_type: 'cpu', available: true, degraded: false, user_count: null, num_cpus: null },
        ...{ load_1min: null, load_5min: null, load_15min: null },
      },
    ],
    ['queue', entries.queue, { queue_name: 'q' }, { active_users: 0, ...noJobs }],
    ['row of a user', entries.userProjectQueue, { username: 'u', project_code: 'p', queue_name: 'q' }, noJobs],
    [
      'filesystem',
      entries.filesystem,
      { filesystem_name: 'f' },
      {
        ...{ available: true, degraded: false, capacity_tb: null, used_tb: null, utilization_percent: null },
        ...{ capacity_inodes: null, used_inodes: null, inodes_utilization_percent: null },
      },
    ],
    [
      'node type',
      entries.nodeType,
      { node_type: 't', nodes_total: 3, nodes_available: 2 },
      {
        ...{ nodes_down: 0, nodes_allocated: 0, cores_per_node: null, memory_gb_per_node: null, gpu_model: null },
        ...{ gpus_per_node: null, utilization_percent: null, memory_utilization_percent: null },
      },
    ],
    ['queue definition', entries.queueDefinition, { enabled: true }, { queue_name: null, queue_type: null }],
    [
      'reservation',
      entries.reservation,
      { reservation_name: 'R', start_time: '2026-01-01T00:00:00', end_time: '2026-01-02T00:00:00' },
      { description: null, node_count: null, partition: null },
    ],
    [
      'outage',
      outageSchema,
      { system_name: 's', title: 't', severity: 'minor' },
      {
        ...{ status: 'investigating', component: null, description: null, end_time: null, outage_key: null },
        ...{ start_time: undefined, estimated_resolution: undefined, outage_reported_at: undefined },
      },
    ],
    [
      'batch snapshot',
      batchSchema,
      leastTotals,
      {
        ...{ cpu_nodes_down: 0, cpu_nodes_reserved: 0, gpu_nodes_down: 0, gpu_nodes_reserved: 0 },
        ...{ cpu_utilization_percent: null, gpu_utilization_percent: null, memory_utilization_percent: null },
        ...{ running_jobs: 0, pending_jobs: 0, held_jobs: 0, active_users: 0, login_nodes: [], queues: [] },
        ...{ user_project_queues: [], filesystems: [], queue_definitions: null, reservations: null },
        timestamp: undefined,
      },
    ],
    [
      'hub snapshot',
      hubSchema,
      {},
      {
        ...{ timestamp: undefined, available: true, active_users: 0, active_sessions: 0, nodes: null },
        ...Object.fromEntries(
          Object.keys(hubSchema.shape)
            .filter((field) => !['timestamp', 'available', 'active_users', 'active_sessions', 'nodes'].includes(field))
            .map((field) => [field, null]),
        ),
      },
    ],
  ])('%s has its defaults', (_, schema, least, defaults) => {
    expect(read(schema, least)).toEqual({ ...least, ...defaults });
    expect(read(schema, { ...least, note: 'kept' })).toMatchObject({ note: 'kept' });
  });
});

test.each<[field: string, max: number, schema: z.ZodType, rest: Json]>([
  ['node_name', 32, entries.loginNode, {}],
  ['queue_name', 32, entries.queue, {}],
  ['username', 32, entries.userProjectQueue, { project_code: 'p', queue_name: 'q' }],
  ['project_code', 16, entries.userProjectQueue, { username: 'u', queue_name: 'q' }],
  ['queue_name', 32, entries.userProjectQueue, { username: 'u', project_code: 'p' }],
  ['filesystem_name', 32, entries.filesystem, {}],
  ['node_type', 64, entries.nodeType, { nodes_total: 3, nodes_available: 2 }],
  ['gpu_model', 64, entries.nodeType, { node_type: 't', nodes_total: 3, nodes_available: 2 }],
  ['queue_name', 32, entries.queueDefinition, {}],
  ['queue_type', 16, entries.queueDefinition, {}],
  ['reservation_name', 128, entries.reservation, span],
  ['description', 100_000, entries.reservation, { reservation_name: 'R', ...span }],
  ['partition', 64, entries.reservation, { reservation_name: 'R', ...span }],
  ['system_name', 32, outageSchema, { title: 't', severity: 'minor' }],
  ['title', 255, outageSchema, { system_name: 's', severity: 'minor' }],
  ['component', 128, outageSchema, { system_name: 's', title: 't', severity: 'minor' }],
  ['description', 1_000_000, outageSchema, { system_name: 's', title: 't', severity: 'minor' }],
  ['outage_key', 64, outageSchema, { system_name: 's', title: 't', severity: 'minor' }],
])('the field %s has at most %d characters', (field, max, schema, rest) => {
  expect(read(schema, { ...rest, [field]: 'x'.repeat(max) })).toMatchObject({ [field]: 'x'.repeat(max) });
  expect(read(schema, { ...rest, [field]: 'x'.repeat(max + 1) })).toBe(`${field}: must have at most ${max} characters`);
});

const outage = { system_name: 's', title: 't', severity: 'minor' };
test.each<[value: unknown, words: string, schema: z.ZodType]>([
  [{ node_name: 'n', node_type: 'tpu' }, 'node_type: must be cpu, gpu or data-access', entries.loginNode],
  ...[entries.loginNode, entries.queue, entries.userProjectQueue, entries.filesystem].map(
    (schema) => [5, ': must be an object', schema] as [unknown, string, z.ZodType],
  ),
  ...[entries.nodeType, entries.queueDefinition, entries.reservation].map(
    (schema) => ['x', ': must be an object', schema] as [unknown, string, z.ZodType],
  ),
  [{ ...outage, severity: 'bad' }, 'severity: must be one of critical, major, minor, maintenance', outageSchema],
  [{ ...outage, status: 'x' }, 'status: must be one of investigating, identified, monitoring, resolved', outageSchema],
  [{ ...outage, outage_key: ' ' }, 'outage_key: must not be empty', outageSchema],
  [{ ...leastTotals, queues: 5 }, 'queues: must be a list', batchSchema],
  [
    { ...leastTotals, queues: [{ queue_name: 'q' }, { queue_name: 'r' }, { queue_name: 'q' }] },
    'queues.2: "q" is there twice',
    batchSchema,
  ],
  [
    { ...leastTotals, filesystems: [{ filesystem_name: 'f\n' }, { filesystem_name: 'f\n' }] },
    'filesystems.1: "f" is there twice',
    batchSchema,
  ],
  [
    { ...leastTotals, node_types: [1, 2].map(() => ({ node_type: 't', nodes_total: 1, nodes_available: 1 })) },
    'node_types.1: "t" is there twice',
    batchSchema,
  ],
  [
    {
      ...leastTotals,
      user_project_queues: ['p', 'r', 'p'].map((project_code) => ({ username: 'u', project_code, queue_name: 'q' })),
    },
    'user_project_queues.2: "u p q" is there twice',
    batchSchema,
  ],
])('%j is refused: %s', (value, words, schema) => expect(read(schema, value)).toBe(words));

test('a login node, a reservation and a queue definition may be there twice', () => {
  const twice = {
    login_nodes: [{ node_name: 'n' }, { node_name: 'n' }],
    reservations: [1, 2].map(() => ({ reservation_name: 'R', ...span })),
    queue_definitions: [{ queue_name: 'q' }, { queue_name: 'q' }],
  };
  expect(read(batchSchema, { ...leastTotals, ...twice })).toMatchObject({ login_nodes: [{}, {}] });
});

describe('the schema of a snapshot', () => {
  /** The kind, and the fields that are missing. */
  function chosen(system: string, body: Json): unknown[] {
    const { kind, schema } = snapshotSchema(system, body);
    const { error } = schema.safeParse(body);
    return [kind, error ? error.issues.map(({ path }) => path.join('.')) : []];
  }
  const totals = Object.keys(leastTotals);
  const guide = { compute_nodes_total: 3, compute_nodes_available: 2 };

  test.each<[system: string, body: Json, kind: string, missing: readonly string[]]>([
    ['derecho', {}, 'batch', totals],
    ['derecho', leastTotals, 'batch', []],
    ['derecho', { x: 1 }, 'batch', totals],
    ['casper', leastTotals, 'batch', Object.keys(vizTotals)],
    ['casper', { ...leastTotals, ...vizTotals }, 'batch', []],
    ['casper', guide, 'batch', []],
    ['derecho', guide, 'batch', []],
    ['derecho', { ...guide, compute_nodes_total: null }, 'batch', totals],
    ['derecho', { ...guide, compute_nodes_available: null }, 'batch', totals],
    ['casper', casperSample, 'batch', []],
    ['jupyterhub', {}, 'hub', []],
    ['jupyterhub', { memory_total_gb: 5 }, 'hub', []],
    ['jupyterhub', { cpu_cores_idle: 5 }, 'batch', totals.filter((field) => field !== 'cpu_cores_idle')],
    ['jupyterhub', { compute_nodes_total: 5 }, 'batch', totals],
    ['hub2', { available: true }, 'hub', []],
    ['hub2', { active_sessions: 1 }, 'hub', []],
    ['hub2', { active_users: 1 }, 'batch', totals],
    ['hub2', { available: true, gpu_count_total: 1 }, 'batch', totals.filter((field) => field !== 'gpu_count_total')],
  ])('of %s with %j is that of a %s', (system, body, kind, missing) => {
    expect(chosen(system, body)).toEqual([kind, [...missing]]);
  });
});
