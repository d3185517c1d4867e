/**
 * `run` and `collect` of a real Slurm, and of the recording of one, measured by what Slurm says when it is asked in another
 * way.
 */

import { afterAll, beforeAll, describe, expect } from 'bun:test';
import { join } from 'node:path';
import { credentials, newSite, type Site } from '../support/site.ts';
import { askJobs, askNodes, askPartitions, askReservations, type Job, type Node } from '../support/slurm/ask.ts';
import { nodeStates } from '../support/slurm/nodes.ts';
import { sharedSlurmTimeout } from '../support/slurm/shared.ts';
import { type Asked, recordedScenario, sources } from '../support/slurm/sources.ts';
import { statusSystem } from '../support/slurm/status-system.ts';

type Counters = Record<string, number> & { readonly queue_name: string };
type Payload = Record<string, number> & {
  readonly queues: readonly Counters[];
  readonly user_project_queues: readonly (Counters & { readonly username: string; readonly project_code: string })[];
  readonly queue_definitions: readonly Record<string, unknown>[];
  readonly reservations: readonly Record<string, unknown>[];
  readonly node_types: readonly Record<string, unknown>[];
};

const sumOf = <T>(all: readonly T[], of: (one: T) => number) => all.reduce((sum, one) => sum + of(one), 0);
const hasGpus = ({ gpus }: Node) => gpus.total > 0;
const gibibytes = (mebibytes: number) => Math.round((mebibytes / 1024) * 100) / 100;

/** What each state of the scenario's nodes counts as; one that is coming up (`mix#`) is in the total only. */
const counted: Readonly<Record<string, readonly string[]>> = {
  available: ['mix', 'idle~'],
  down: ['drng', 'drain', 'down*'],
  reserved: ['maint', 'resv'],
};

/** How many jobs of a kind there are, with the tasks of arrays. */
const kinds: Readonly<Record<string, (job: Job) => boolean>> = {
  running: ({ state }) => state === 'RUNNING' || state === 'CONFIGURING',
  pending: ({ state, isHeld }) => state === 'PENDING' && !isHeld,
  held: ({ state, isHeld }) => (state === 'PENDING' && isHeld) || state === 'SPECIAL_EXIT',
};
const tasks = (all: readonly Job[], kind: string) =>
  sumOf(all.filter(kinds[kind] ?? (() => false)), (job) => job.tasks);

function countersOf(all: readonly Job[]): Record<string, number> {
  const of = (kind: string, what: 'cpus' | 'gpus') =>
    sumOf(all.filter(kinds[kind] ?? (() => false)), (job) => job.tasks * job[what]);
  return {
    running_jobs: tasks(all, 'running'),
    pending_jobs: tasks(all, 'pending'),
    held_jobs: tasks(all, 'held'),
    cores_allocated: of('running', 'cpus'),
    gpus_allocated: of('running', 'gpus'),
    cores_pending: of('pending', 'cpus'),
    cores_held: of('held', 'cpus'),
  };
}

for (const { name, isThere, test, open } of sources) {
  describe(name, () => {
    let asked: Asked;
    let site: Site;
    let nodes: readonly Node[];
    let jobs: readonly Job[];
    let payload: Payload;
    beforeAll(async () => {
      if (!isThere) return;
      asked = await open();
      site = newSite();
      site.configure('farm.yaml', statusSystem);
      [nodes, jobs] = [askNodes(asked.cluster), askJobs(asked.cluster)];
      const { exit, stdout, stderr } = await collect('--json-only');
      expect({ exit, errors: stderr.match(/ERROR.*/g) }).toEqual({ exit: 0, errors: null });
      payload = JSON.parse(stdout);
    }, sharedSlurmTimeout);
    afterAll(async () => {
      if (isThere) await site.remove();
    });

    const run = (...args: string[]) => site.start(args, { env: { ...site.env, ...asked.env } }).ended;
    const collect = (...args: string[]) =>
      run('collect', 'farm', ...args, ...(asked.env === null ? ['--replay', recordedScenario] : []));

    describe('nodes', () => {
      test('are counted once, by class and by state', () => {
        const states: Readonly<Record<string, string>> = nodeStates;
        for (const [name, isMeant] of [
          ['cpu', (node: Node) => !hasGpus(node)],
          ['gpu', hasGpus],
        ] as const) {
          const ofClass = nodes.filter(isMeant);
          expect([name, payload[`${name}_nodes_total`]]).toEqual([name, ofClass.length]);
          for (const [state, marks] of Object.entries(counted)) {
            const expected = ofClass.filter((node) => marks.includes(states[node.name] ?? '')).length;
            expect([name, state, payload[`${name}_nodes_${state}`]]).toEqual([name, state, expected]);
          }
        }
        expect(sumOf(nodes, ({ partitions }) => partitions.length)).toBeGreaterThan(nodes.length);
      });

      test('have the cores, GPUs and memory that Slurm counts', () => {
        expect(payload).toMatchObject({
          cpu_cores_total: sumOf(nodes, ({ cpus }) => cpus.total),
          cpu_cores_allocated: sumOf(nodes, ({ cpus }) => cpus.allocated),
          gpu_count_total: sumOf(nodes, ({ gpus }) => gpus.total),
          gpu_count_allocated: sumOf(nodes, ({ gpus }) => gpus.allocated),
          memory_total_gb: gibibytes(sumOf(nodes, ({ memory }) => memory.total)),
          memory_allocated_gb: gibibytes(sumOf(nodes, ({ memory }) => memory.allocated)),
        });
        expect(payload.gpu_count_allocated).toBeGreaterThan(0);
      });

      test('are reported by types that rules give them', () => {
        const byType = new Map(payload.node_types.map(({ node_type, nodes_total }) => [node_type, nodes_total]));
        expect(byType.get('standard')).toBe(nodes.filter(({ name }) => name.startsWith('c00')).length);
        expect(byType.get('mixed-gpus')).toBe(1);
        expect(byType.get('other-gpus')).toBe(nodes.filter(hasGpus).length - 1);
      });
    });

    describe('jobs', () => {
      test('are counted by state, arrays by their tasks, and one in two partitions once', () => {
        const expected = countersOf(jobs);
        expect(payload).toMatchObject({
          running_jobs: expected.running_jobs,
          pending_jobs: expected.pending_jobs,
          held_jobs: expected.held_jobs,
          active_users: new Set(jobs.map(({ user }) => user)).size,
        });
        for (const kind of Object.keys(kinds)) expect(tasks(jobs, kind)).toBeGreaterThan(0);
      });

      test('are in each partition that they run or may run in', () => {
        const partitions = askPartitions(asked.cluster).map(({ name }) => name);
        for (const partition of partitions) {
          const own = jobs.filter((job) => job.partitions.includes(partition));
          const row = payload.queues.find(({ queue_name }) => queue_name === partition);
          if (own.length === 0) continue;
          expect(row).toMatchObject({ ...countersOf(own), active_users: new Set(own.map(({ user }) => user)).size });
        }
        expect(jobs.some((job) => job.partitions.length > 1)).toBe(true);
      });

      test('are booked on user, account and partition, and each only once', () => {
        const shares = new Map<string, Job[]>();
        for (const job of jobs) {
          const key = [job.user, job.account, job.partitions[0]].join('/');
          shares.set(key, [...(shares.get(key) ?? []), job]);
        }
        const rows = new Map(
          payload.user_project_queues.map((row) => [[row.username, row.project_code, row.queue_name].join('/'), row]),
        );
        expect([...rows.keys()].sort()).toEqual([...shares.keys()].sort());
        for (const [key, own] of shares) expect(rows.get(key)).toMatchObject(countersOf(own));
      });

      test('that run are on as many nodes as Slurm gave them', () => {
        const [many] = jobs.filter(({ account }) => account === 'chemistry');
        const row = payload.user_project_queues.find(({ project_code }) => project_code === 'chemistry');
        expect([many?.nodes, row?.nodes_allocated]).toEqual([3, 3]);
      });
    });

    test('partitions are the queues, hidden ones and those without nodes too', () => {
      const partitions = askPartitions(asked.cluster);
      const found = payload.queue_definitions.map(({ queue_name, enabled, started }) => [queue_name, enabled, started]);
      const expected = partitions.map(({ name, state }) => [
        name,
        state === 'UP' || state === 'DOWN',
        state !== 'DOWN',
      ]);
      expect(found.sort()).toEqual(expected.sort());
      expect(partitions.some(({ isHidden }) => isHidden) && partitions.some((one) => one.nodes === 0)).toBe(true);
    });

    test('reservations have their times in UTC', () => {
      const utc = (local: string) => asked.momentOf(local).toISOString().slice(0, -1);
      const expected = askReservations(asked.cluster).map(({ name, start, end, nodes: count }) => ({
        reservation_name: name,
        start_time: utc(start),
        end_time: utc(end),
        node_count: count,
      }));
      expect(payload.reservations).toHaveLength(expected.length);
      for (const one of expected) expect(payload.reservations).toContainEqual(expect.objectContaining(one));
    });
  });
}

describe('a run of a Slurm that runs', () => {
  const [, { isThere, test, open }] = sources;
  let site: Site;
  let asked: Asked;
  beforeAll(async () => {
    if (!isThere) return;
    asked = await open();
    site = newSite();
    site.configure('farm.yaml', statusSystem);
  }, sharedSlurmTimeout);
  afterAll(async () => {
    if (isThere) await site.remove();
  });
  const onCluster = (...args: string[]) => site.start(args, { env: { ...site.env, ...asked.env } }).ended;

  test('delivers the snapshot, and logs the version of Slurm', async () => {
    const receiver = await site.serve();
    site.api(receiver.url);
    const { exit, stderr } = await onCluster('run', 'farm');
    expect(exit).toBe(0);
    expect(stderr).toContain('✓ Posted farm status');
    expect(stderr).toMatch(/slurm-wlm \d+\.\d+\.\d+/);
    const authorization = `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`;
    const latest = await fetch(`${receiver.url}/api/v1/status/farm/latest`, {
      headers: { Authorization: authorization },
    });
    const nodes = askNodes(asked.cluster);
    expect(await latest.json()).toMatchObject({ cpu_cores_total: sumOf(nodes, ({ cpus }) => cpus.total) });
  });

  test('gives the same snapshot from a recording without Slurm', async () => {
    const folder = join(site.directory, 'recording');
    const recorded = await onCluster('collect', 'farm', '--json-only', '--record', folder);
    const replayed = await site.run('collect', 'farm', '--json-only', '--replay', folder);
    expect({ ...JSON.parse(replayed.stdout), timestamp: '' }).toEqual({
      ...JSON.parse(recorded.stdout),
      timestamp: '',
    });
  });

  test('passes all checks of doctor', async () => {
    const { stdout } = await onCluster('doctor', 'farm', '--json');
    const findings = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; result: string });
    const ofSlurm = findings.filter(({ name }) => name.startsWith('farm '));
    expect(ofSlurm.length).toBeGreaterThan(3);
    expect(ofSlurm.filter(({ result }) => result === 'fail' || result === 'warn')).toEqual([]);
  });
});
