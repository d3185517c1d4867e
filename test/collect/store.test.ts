/** How snapshots get into the outbox, and what later ones take from there. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { collect } from '../../src/collect/collect.ts';
import { lastKnownFields } from '../../src/collect/last-known.ts';
import { store } from '../../src/collect/store.ts';
import { samStream } from '../../src/delivery/sam-entries.ts';
import type { Executor } from '../../src/exec/command.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { zeroFields } from '../../src/snapshot/payload.ts';
import { recordingOf } from '../support/collected.ts';
import { exited, overlaid } from '../support/executors.ts';
import { temporaryDirectory } from '../support/files.ts';
import { memoryLog } from '../support/memory-log.ts';
import { unstopped } from '../support/probing.ts';
import { plainSystem } from '../support/systems.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let outbox: Outbox;
beforeEach(() => {
  directory = temporaryDirectory();
  outbox = new Outbox(join(directory.path, 'outbox.db'));
});
afterEach(() => {
  outbox.close();
  directory.remove();
});

const nasty = plainSystem('nasty');
const whole = recordingOf('nasty');
const start = new Date('2026-11-21T08:00:00.000Z');
const minutesLater = (minutes: number) => new Date(start.getTime() + minutes * 60_000);
const failing = (...commands: string[]) =>
  overlaid(whole, Object.fromEntries(commands.map((command) => [command, { ending: exited(1, 'down') }])));
const withoutNodes = failing('pbsnodes -aj -F json');
const withoutJobs = failing('qstat -f -F json');
const nodeNames = Object.keys(zeroFields('nodes', nasty));

/** Collects and stores at a moment, as the program does; gives the stored body. */
async function stored(executor: Executor, at: Date, system = nasty): Promise<Record<string, unknown>> {
  const { log } = memoryLog();
  const collected = await collect(
    system,
    unstopped(executor),
    (probe, fields) => lastKnownFields(outbox, samStream(system.system_name), probe, fields, at),
    log,
  );
  if (collected.kind === 'nothing') throw new Error(collected.reason);
  const id = store(outbox, system.system_name, collected, at, log);
  const [entry] = outbox.withPrefix(id, 1);
  if (!entry) throw new Error('nothing was stored');
  return JSON.parse(outbox.body(entry));
}

test('a snapshot is stored as a pending entry of its system, with its time and failed probes', async () => {
  await stored(withoutNodes, start);
  expect(outbox.list('all')).toMatchObject([
    {
      stream: 'sam/nasty',
      destination: 'sam',
      method: 'POST',
      path: '/api/v1/status/nasty',
      state: 'pending',
      collectedAt: start,
      failedProbes: ['nodes'],
    },
  ]);
});

test('two systems of one run never have the same timestamp', async () => {
  const bodies = [
    await stored(whole, start),
    await stored(recordingOf('empty-without-jobs'), start, plainSystem('empty')),
    await stored(whole, start, plainSystem('nasty', { queues: ['other'] })),
  ];
  expect(bodies.map(({ timestamp }) => timestamp)).toEqual([
    '2026-11-21T08:00:00.000876',
    '2026-11-21T08:00:00.001500',
    '2026-11-21T08:00:00.002876',
  ]);
});

test('a snapshot that fails our own validation is kept as rejected, with the reason', () => {
  const { log, lines } = memoryLog();
  const payload = { cpu_nodes_total: -1 };
  const id = store(
    outbox,
    'nasty',
    {
      kind: 'collected',
      failedProbes: [],
      at: () => ({ kind: 'invalid', payload, reason: 'cpu_nodes_total: too small' }),
    },
    start,
    log,
  );
  const [entry] = outbox.list('rejected');
  expect(entry).toMatchObject({ id, lastError: 'the API would not accept it: cpu_nodes_total: too small' });
  expect(entry && JSON.parse(outbox.body(entry))).toEqual(payload);
  expect(lines).toEqual([
    `ERROR ✗ the API would not accept the snapshot: cpu_nodes_total: too small; it is stored as the rejected entry ${id}`,
  ]);
});

test('values that are dropped from a snapshot are logged', () => {
  const { log, lines } = memoryLog();
  const at = () => ({
    kind: 'valid' as const,
    payload: JSON.parse('{}'),
    dropped: ['cpu_utilization_percent (250): no'],
  });
  store(outbox, 'nasty', { kind: 'collected', failedProbes: [], at }, start, log);
  expect(lines).toEqual(['WARN dropped cpu_utilization_percent (250): no']);
});

describe('the last known values', () => {
  test('of nodes replace a failed probe of nodes, and no other', async () => {
    const good = await stored(whole, start);
    const repeated = await stored(withoutNodes, minutesLater(5));
    for (const name of [
      'cpu_nodes_total',
      'cpu_cores_total',
      'cpu_cores_allocated',
      'memory_total_gb',
      'gpu_nodes_total',
    ]) {
      expect(repeated[name]).toEqual(good[name]);
    }
    expect(good.cpu_nodes_total).toBe(3);
    expect(repeated.timestamp).toBe('2026-11-21T08:05:00.000876');
    expect(repeated.running_jobs).toBe(good.running_jobs);
  });

  test('of jobs replace a failed probe of jobs', async () => {
    const good = await stored(whole, start);
    const { running_jobs, pending_jobs, held_jobs, active_users, queues, user_project_queues } = await stored(
      withoutJobs,
      minutesLater(5),
    );
    expect({ running_jobs, pending_jobs, held_jobs, active_users }).toEqual({
      running_jobs: good.running_jobs,
      pending_jobs: good.pending_jobs,
      held_jobs: good.held_jobs,
      active_users: good.active_users,
    });
    expect([queues, user_project_queues]).toEqual([[], []]);
  });

  test('are repeated for 15 minutes after the last successful probe', async () => {
    await stored(whole, start);
    const totals: unknown[] = [];
    for (const minutes of [5, 10, 15, 20])
      totals.push((await stored(withoutNodes, minutesLater(minutes))).cpu_nodes_total);
    expect(totals).toEqual([3, 3, 3, 0]);
  });

  test('come from a snapshot in which another probe had failed', async () => {
    await stored(withoutJobs, start);
    expect((await stored(withoutNodes, minutesLater(5))).cpu_nodes_total).toBe(3);
  });

  test('never come from the future, nor from another system', async () => {
    await stored(whole, minutesLater(10));
    expect((await stored(withoutNodes, minutesLater(5))).cpu_nodes_total).toBe(0);
    expect(lastKnownFields(outbox, samStream('empty'), 'nodes', nodeNames, minutesLater(12))).toBeNull();
  });

  test('are of the last 15 minutes', async () => {
    await stored(whole, start);
    const at = (moment: Date) => lastKnownFields(outbox, samStream('nasty'), 'nodes', nodeNames, moment);
    expect(at(start)).not.toBeNull();
    expect(at(new Date(start.getTime() - 1))).toBeNull();
    expect(at(minutesLater(15))).not.toBeNull();
    expect(at(new Date(minutesLater(15).getTime() + 1))).toBeNull();
  });

  test('do not come from a snapshot that is damaged or was rejected, but from the one before', async () => {
    await stored(whole, start);
    await stored(whole, minutesLater(1));
    await stored(whole, minutesLater(2));
    const database = new Database(join(directory.path, 'outbox.db'));
    database.run(`UPDATE entries SET body_sha256 = 'x' WHERE collected_at = ${minutesLater(1).getTime()}`);
    database.run(`UPDATE entries SET state = 'rejected' WHERE collected_at = ${minutesLater(2).getTime()}`);
    database.close();
    expect((await stored(withoutNodes, minutesLater(5))).cpu_nodes_total).toBe(3);
    expect((await stored(withoutNodes, minutesLater(15))).cpu_nodes_total).toBe(3);
    expect((await stored(withoutNodes, minutesLater(16))).cpu_nodes_total).toBe(0);
  });

  test('are only fields of that probe', async () => {
    await stored(whole, start);
    const fields = lastKnownFields(
      outbox,
      samStream('nasty'),
      'jobs',
      Object.keys(zeroFields('jobs', nasty)),
      minutesLater(1),
    );
    expect(Object.keys(fields ?? {}).sort()).toEqual(['active_users', 'held_jobs', 'pending_jobs', 'running_jobs']);
  });
});
