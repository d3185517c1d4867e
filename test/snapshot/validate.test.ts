import { describe, expect, test } from 'bun:test';
import { validate } from '../../src/snapshot/validate.ts';
import { recordingOf, snapshotOf } from '../support/collected.ts';
import { systemOf } from '../support/systems.ts';

/** A real payload, taken apart so that one value of it can be another. */
const collected = snapshotOf(systemOf('casper'), recordingOf('casper'));
const real = async () => structuredClone((await collected).payload);

/** The payload with the value at a path replaced: `queues.0.running_jobs`. */
function withValue(payload: object, path: string, value: unknown): Record<string, unknown> {
  const keys = path.split('.');
  const parent = keys.slice(0, -1).reduce<object>((object, key) => Reflect.get(object, key), payload);
  Reflect.set(parent, keys.at(-1) ?? '', value);
  return payload as Record<string, unknown>;
}

function valueAt(payload: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
      payload,
    );
}

test('a real payload is valid unchanged', async () => {
  const payload = await real();
  expect(validate(payload)).toEqual({ kind: 'valid', payload, dropped: [] });
});

describe('a value that cannot be is dropped where the API does without it, and named', () => {
  test.each([
    ['cpu_utilization_percent', 100.01],
    ['gpu_utilization_percent', -1],
    ['memory_utilization_percent', Number.NaN],
    ['viz_utilization_percent', Number.POSITIVE_INFINITY],
    ['viz_nodes_down', -1],
    ['compute_nodes_total', 2 ** 31],
    ['node_types.1.utilization_percent', 250],
    ['node_types.0.gpu_model', 'x'.repeat(65)],
    ['filesystems.0.utilization_percent', 101],
    ['filesystems.1.used_inodes', -5],
    ['login_nodes.0.load_1min', -0.5],
    ['login_nodes.1.user_count', 1.5],
  ])('%s = %p', async (path, value) => {
    const payload = withValue(await real(), path, value);
    const result = validate(payload);
    if (result.kind === 'invalid') throw new Error(result.reason);
    expect(valueAt(result.payload, path)).toBeUndefined();
    expect(result.dropped).toHaveLength(1);
    // JSON has no number that is infinite or not a number.
    const shown = JSON.stringify(value).slice(0, 50);
    expect(result.dropped[0]).toStartWith(`${path} (${shown}`);
  });
});

describe('a row that lacks what it needs is dropped whole, and named', () => {
  test.each([
    ['queues.1.running_jobs', -1],
    ['queues.0.cores_allocated', 2 ** 31],
    ['queues.0.queue_name', ''],
    ['user_project_queues.3.username', ''],
    ['user_project_queues.3.project_code', 'x'.repeat(17)],
    ['filesystems.1.filesystem_name', null],
    ['reservations.0.start_time', 'soon'],
    ['login_nodes.0.node_type', 'bogus'],
    ['queue_definitions.2.enabled', 'yes'],
  ])('%s = %p', async (path, value) => {
    const [list = '', index = ''] = path.split('.');
    const whole = await real();
    const rows = valueAt(whole, list) as unknown[];
    const payload = withValue(structuredClone(whole), path, value);
    const row = valueAt(payload, `${list}.${index}`);
    const result = validate(payload);
    if (result.kind === 'invalid') throw new Error(result.reason);
    // What may be left out of a row is left out alone.
    if (path.endsWith('node_type')) expect(valueAt(result.payload, list)).toHaveLength(rows.length);
    else expect(valueAt(result.payload, list)).toEqual(rows.filter((_, row) => row !== Number(index)));
    expect(result.dropped).toHaveLength(1);
    expect(result.dropped[0]).toStartWith(
      path.endsWith('node_type') ? `${path} ("bogus"): ` : `${list}.${index} (${JSON.stringify(row).slice(0, 50)}`,
    );
  });

  test('several of one list, by their own places', async () => {
    const whole = await real();
    const payload = structuredClone(whole);
    for (const index of [0, 2, 10]) withValue(payload, `user_project_queues.${index}.held_jobs`, -1);
    const result = validate(payload as Record<string, unknown>);
    if (result.kind === 'invalid') throw new Error(result.reason);
    expect(result.payload.user_project_queues).toEqual(
      whole.user_project_queues.filter((_, i) => ![0, 2, 10].includes(i)),
    );
    expect(result.dropped.map((text) => text.split(' ')[0])).toEqual(
      [10, 2, 0].map((index) => `user_project_queues.${index}`),
    );
  });
});

describe('a snapshot that cannot be sent is invalid, with the reason, and is kept', () => {
  test.each([
    ['cpu_nodes_total', -1],
    ['cpu_cores_total', 2 ** 31],
    ['running_jobs', null],
    ['memory_total_gb', 'much'],
    ['timestamp', '2026-11-21T08:00:00.123Z'],
    ['timestamp', '2026-11-21T08:00:00'],
    ['timestamp', '2026-11-21T08:00:00.123-07:00'],
    ['queues', null],
    ['status_id', 1],
    ['outage_id', 1],
    ['created_at', '2026-11-21'],
  ])('%s = %p', async (path, value) => {
    const payload = withValue(await real(), path, value);
    const result = validate(payload);
    expect(result.kind).toBe('invalid');
    expect(result.kind === 'invalid' && result.reason).toContain(path);
    expect(result.payload).toEqual(payload);
  });

  test.each(['status_id', 'created_at'])('%s in a row drops the row', async (key) => {
    const result = validate(withValue(await real(), `queues.0.${key}`, 1));
    expect(JSON.stringify(result.payload)).not.toContain(key);
  });
});

test('the payload that is checked is not changed', async () => {
  const payload = withValue(await real(), 'cpu_utilization_percent', 101);
  const before = structuredClone(payload);
  validate(payload);
  expect(payload).toEqual(before);
});
