/** Which values of a snapshot the API can store: the edges of each kind of value, in every field of that kind. */

import { describe, expect, test } from 'bun:test';
import { hubSnapshotSchema } from '../../src/snapshot/hub-schema.ts';
import { snapshotSchema } from '../../src/snapshot/schema.ts';

const zeros = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 0]));
const counters = zeros(
  ...['running_jobs', 'pending_jobs', 'held_jobs', 'cores_allocated', 'gpus_allocated', 'nodes_allocated'],
  ...['cores_pending', 'gpus_pending', 'cores_held', 'gpus_held'],
);

/** A snapshot with each field that the API has. */
const cluster = () => ({
  timestamp: '2026-11-21T08:00:00.123456',
  ...zeros('cpu_nodes_total', 'cpu_nodes_available', 'cpu_nodes_down', 'cpu_nodes_reserved'),
  ...zeros('gpu_nodes_total', 'gpu_nodes_available', 'gpu_nodes_down', 'gpu_nodes_reserved'),
  ...zeros('viz_nodes_total', 'viz_nodes_available', 'viz_nodes_down', 'viz_nodes_reserved'),
  ...zeros('viz_count_total', 'viz_count_allocated', 'viz_count_idle', 'viz_utilization_percent'),
  ...zeros('compute_nodes_total', 'compute_nodes_available', 'compute_nodes_down'),
  ...zeros('cpu_cores_total', 'cpu_cores_allocated', 'cpu_cores_idle', 'cpu_utilization_percent'),
  ...zeros('gpu_count_total', 'gpu_count_allocated', 'gpu_count_idle', 'gpu_utilization_percent'),
  ...zeros('memory_total_gb', 'memory_allocated_gb', 'memory_utilization_percent'),
  ...zeros('running_jobs', 'pending_jobs', 'held_jobs', 'active_users'),
  node_types: [
    {
      node_type: 't',
      gpu_model: 'g',
      ...zeros('nodes_total', 'nodes_available', 'nodes_down', 'nodes_allocated', 'cores_per_node'),
      ...zeros('memory_gb_per_node', 'gpus_per_node', 'utilization_percent', 'memory_utilization_percent'),
    },
  ],
  login_nodes: [
    {
      node_name: 'n',
      node_type: 'data-access',
      available: true,
      degraded: false,
      ...zeros('user_count', 'num_cpus', 'load_1min', 'load_5min', 'load_15min'),
    },
  ],
  queues: [{ queue_name: 'q', ...counters, active_users: 0 }],
  user_project_queues: [{ username: 'u', project_code: 'p', queue_name: 'q', ...counters }],
  queue_definitions: [{ queue_name: 'q', queue_type: 't', enabled: true, started: false, total_jobs: 0 }],
  filesystems: [
    {
      filesystem_name: 'f',
      available: true,
      degraded: false,
      ...zeros('capacity_tb', 'used_tb', 'utilization_percent', 'capacity_inodes', 'used_inodes'),
      inodes_utilization_percent: 0,
    },
  ],
  reservations: [
    {
      system_name: 's',
      reservation_name: 'r',
      description: '',
      start_time: '2026-11-21T08:00:00.000',
      end_time: '2026-11-21T09:00:00.000',
      node_count: 0,
      partition: 'p',
    },
  ],
});

const hub = () => ({
  timestamp: '2026-11-21T08:00:00.123456',
  available: true,
  ...zeros('active_users', 'active_sessions', 'casper_login_jobs', 'casper_batch_jobs', 'derecho_batch_jobs'),
  ...zeros('jobs_suspended', 'jobs_running', 'nodes_total', 'nodes_free', 'nodes_busy', 'nodes_down'),
  ...zeros('cpus_total', 'cpus_free', 'cpus_used', 'gpus_total', 'gpus_free', 'gpus_used'),
  ...zeros('memory_total_gb', 'memory_free_gb', 'memory_used_gb', 'cpu_utilization_percent'),
  ...zeros('gpu_utilization_percent', 'memory_utilization_percent'),
  nodes: [
    {
      name: 'n',
      state: 's',
      job_ids: '',
      ...zeros('jobs_total', 'jobs_running', 'jobs_suspended', 'cpus_free', 'cpus_total', 'cpus_used'),
      ...zeros('gpus_free', 'gpus_total', 'gpus_used', 'memory_free_gb', 'memory_total_gb', 'memory_used_gb'),
    },
  ],
});

/** A kind of value: the values of its edges, within and outside. */
type Kind = { readonly good: readonly unknown[]; readonly bad: readonly unknown[] };

const amounts = /^(load_\d+min|\w+_tb|memory_(total|allocated|free|used)_gb|\w+_inodes)$/;
const times = /^(start_time|end_time|timestamp)$/;
/** The lengths of the API's columns; a name without one has no limit. */
const lengths: Readonly<Record<string, number>> = {
  username: 32,
  project_code: 16,
  queue_name: 32,
  queue_type: 16,
  node_name: 32,
  filesystem_name: 32,
  node_type: 64,
  gpu_model: 64,
  reservation_name: 128,
  partition: 64,
  system_name: 32,
};
const mayBeEmpty = ['gpu_model', 'description', 'job_ids'];

function kindOf(path: string, name: string, value: unknown): Kind {
  if (path === 'login_nodes.node_type') return { good: ['cpu', 'gpu', 'data-access'], bad: ['bogus', 1] };
  if (times.test(name)) return { good: [value], bad: ['2026-11-21', `${value}Z`, ` ${value}`, `${value}0`, 1] };
  if (typeof value === 'boolean') return { good: [true, false], bad: [1, 'true'] };
  if (typeof value === 'string') {
    const length = lengths[name];
    return {
      good: ['x', ...(length === undefined ? ['x'.repeat(1000)] : ['x'.repeat(length)])],
      bad: [
        'a\u0000b',
        1,
        ...(mayBeEmpty.includes(name) ? [] : ['']),
        ...(length === undefined ? [] : ['x'.repeat(length + 1)]),
      ],
    };
  }
  if (name.endsWith('_percent')) return { good: [0, 0.01, 100], bad: [-0.01, 100.01, '1', Number.NaN] };
  if (amounts.test(name)) return { good: [0, 0.5, 1e12], bad: [-0.5, '1', Number.POSITIVE_INFINITY] };
  return { good: [0, 1, 2 ** 31 - 1], bad: [-1, 0.5, 2 ** 31, '1'] };
}

/** Every field of a snapshot that is no list, with a function that replaces it. */
function fieldsOf(made: () => Record<string, unknown>) {
  const members = (path: string, object: object, place: (whole: Record<string, unknown>) => object) =>
    Object.entries(object).flatMap(([name, value]: [string, unknown]): Field[] =>
      Array.isArray(value)
        ? members(`${name}.`, value[0] as object, (whole) => (whole[name] as object[])[0] ?? {})
        : [
            {
              path: path + name,
              name,
              value,
              withValue(other) {
                const whole = made();
                Reflect.set(place(whole), name, other);
                return whole;
              },
            },
          ],
    );
  return members('', made(), (whole) => whole);
}
type Field = {
  readonly path: string;
  readonly name: string;
  readonly value: unknown;
  withValue(other: unknown): Record<string, unknown>;
};

describe.each([
  ['a cluster', snapshotSchema, cluster],
  ['a hub', hubSnapshotSchema, hub],
] as const)('the snapshot of %s', (_, schema, made) => {
  test('can have every field of the API, and no other in any row', () => {
    expect(schema.safeParse(made()).error).toBeUndefined();
    for (const { withValue, path, name } of fieldsOf(made)) {
      const other = withValue('x');
      const row = path === name ? other : (Reflect.get(other, path.split('.')[0] ?? '') as object[])[0];
      Reflect.set(row ?? {}, 'status_id', 1);
      expect([path, schema.safeParse(other).success]).toEqual([path, false]);
    }
  });

  test.each(fieldsOf(made).map((field) => [field.path, field] as const))('%s', (path, { name, value, withValue }) => {
    const { good, bad } = kindOf(path, name, value);
    const accepted = (one: unknown) => [one, schema.safeParse(withValue(one)).success];
    expect(good.map(accepted)).toEqual(good.map((one) => [one, true]));
    expect(bad.map(accepted)).toEqual(bad.map((one) => [one, false]));
  });

  test('can lack some fields, and has null in some', () => {
    const left = (value: unknown) =>
      fieldsOf(made).flatMap(({ path, withValue }) => (schema.safeParse(withValue(value)).success ? [path] : []));
    expect({ mayBeAbsent: left(undefined), mayBeNull: left(null) }).toMatchSnapshot();
  });
});
