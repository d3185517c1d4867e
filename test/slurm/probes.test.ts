import { describe, expect, test } from 'bun:test';
import type { Command } from '../../src/exec/command.ts';
import type { Found } from '../../src/lib/records.ts';
import { slurmProbes } from '../../src/slurm/probes.ts';
import { recordingOf } from '../support/collected.ts';
import { answering, exited } from '../support/executors.ts';
import {
  damagedIn,
  jobLine,
  jobsFrom,
  jobsIn,
  nodeLine,
  nodesFrom,
  partitionLine,
  slurmAnswering,
  slurmSystem,
} from '../support/slurm-output.ts';
import { systemOf } from '../support/systems.ts';

const queuesOf = (stdout: string) => slurmProbes(slurmSystem, slurmAnswering({ partitions: { stdout } })).queues();
const reservationsOf = (stdout: string) =>
  slurmProbes(slurmSystem, slurmAnswering({ reservations: { stdout } })).reservations();

describe('partitions are queues', () => {
  test.each([
    ['up', true, true],
    ['down', true, false],
    ['drain', false, true],
    ['inact', false, false],
    ['inactive', false, false],
  ])('one that is %s lets jobs in: %p, lets them start: %p', async (state, enabled, started) => {
    expect(await queuesOf(partitionLine('p', state))).toMatchObject({
      kind: 'done',
      value: [{ name: 'p', type: 'Execution', enabled, started, jobs: null }],
    });
  });

  test.each(['asleep', 'constructor'])('one in the unknown state %s costs itself only', async (state) => {
    const found = await queuesOf(partitionLine('a', 'up') + partitionLine('b', state) + partitionLine('c', 'up'));
    expect(found).toMatchObject({
      kind: 'done',
      value: [{ name: 'a' }, { name: 'c' }],
      damaged: { count: 1, first: [{ record: 'b', problem: 'has an unknown state' }] },
    });
  });
});

describe('reservations', () => {
  const line =
    'ReservationName=course StartTime=1795508704 EndTime=1795512304 Duration=01:00:00 Nodes=c003 NodeCnt=1 CoreCnt=8 Features=(null) PartitionName=gpu Flags=SPEC_NODES';

  test('have a name, a time, a count of nodes and a partition', async () => {
    expect(
      await reservationsOf(`${line}\n${line.replace('PartitionName=gpu', 'PartitionName=(null)')}\n`),
    ).toMatchObject({
      kind: 'done',
      value: [
        {
          id: 'course',
          name: 'course',
          start: new Date('2026-11-24T08:25:04Z'),
          end: new Date('2026-11-24T09:25:04Z'),
          nodes: 1,
          partition: 'gpu',
        },
        { partition: null },
      ],
    });
  });

  test('are not misled by a comment', async () => {
    const comment = ' Comment=moved, StartTime=1 EndTime=2 NodeCnt=99 PartitionName=x';
    expect(await reservationsOf(`${line}${comment}\n`)).toEqual(await reservationsOf(`${line}\n`));
  });

  test('are an empty list if Slurm says that there are none', async () => {
    expect(await reservationsOf('No reservations in the system\n')).toMatchObject({ kind: 'done', value: [] });
  });

  test('one without a time is skipped alone', async () => {
    expect(await reservationsOf(`${line.replace('1795508704', '2026-11-24T08:25:04')}\n${line}\n`)).toMatchObject({
      kind: 'done',
      value: [{ name: 'course' }],
      damaged: { count: 1, first: [{ record: 'course', byte: 0, problem: 'StartTime or EndTime is not a time' }] },
    });
  });
});

describe('a Slurm that is', () => {
  const every = async (executor: Parameters<typeof slurmProbes>[1]) => {
    const probes = slurmProbes(slurmSystem, executor);
    const all = await Promise.all([
      probes.nodes(() => {}),
      probes.jobs(() => {}),
      probes.queues(),
      probes.reservations(),
    ]);
    return all.map((probed) => (probed.kind === 'failed' ? probed.reason : 'done'));
  };

  test.each([
    ['slurm 20.11.9', 'slurm 20.11.9 is older than 21.08, the oldest supported Slurm'],
    ['slurm-wlm 18.08.5-2', 'slurm-wlm 18.08.5-2 is older than 21.08, the oldest supported Slurm'],
  ])('too old (%s) fails in words, whatever it prints', async (version, words) => {
    const executor = slurmAnswering({ version: { stdout: `${version}\n` }, jobs: { stdout: jobLine() } });
    expect(await every(executor)).toEqual([words, words, words, words]);
  });

  test.each(['slurm 21.08.5', 'slurm-wlm 22.05.8', 'slurm 25.11.0', 'slurm 26.05.0-rc1', 'Slurm of tomorrow'])(
    'old enough or unknown (%s) is asked',
    async (version) => {
      const executor = slurmAnswering({
        version: { stdout: `${version}\n` },
        partitions: { stdout: partitionLine('p', 'up') },
      });
      expect(await every(executor)).toEqual(['done', 'done', 'done', 'done']);
      expect(await slurmProbes(slurmSystem, executor).version()).toBe(version);
    },
  );

  const failureModes = (name: string) => recordingOf(`failure-modes/slurm-${name}`);
  test.each([
    [
      'down',
      failureModes('server-down'),
      /^(env \S+ )?(sinfo|squeue|scontrol) .* exited with 1: slurm_load_\w+( error)?: Unable to contact slurm controller/,
    ],
    [
      'without its munge',
      failureModes('without-munge'),
      /exited with 1: slurm_load_\w+( error)?: Protocol authentication error; it cannot authenticate: it cannot reach Munge /,
    ],
    ['not configured', failureModes('missing-configuration'), /did not end within 3 s$/],
    ['not installed', answering(() => null), /there is no \S+ in PATH or search_path$/],
  ])('%s fails in words, and never has no jobs', async (_, executor, words) => {
    for (const reason of await every(executor)) {
      expect(reason).toMatch(words);
      expect(reason).not.toContain('\u001f');
    }
  });

  test('printing only an error fails, although it exits with 0', async () => {
    const answer = { ending: exited(0, 'slurm_load_jobs error: Unable to contact\n') };
    expect((await jobsFrom(slurmAnswering({ jobs: answer }))).probed).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('printed nothing but an error: slurm_load_jobs error'),
    });
  });

  test('without nodes is a failed probe: they are hidden', async () => {
    expect((await nodesFrom(slurmAnswering({ nodes: {} }))).probed).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('lists no nodes: may this user see them (PrivateData in slurm.conf)?'),
    });
  });

  test('without a requested field fails with a clear error, although it exits with 0', async () => {
    const stdout = nodeLine().replace('idle\u001f', '');
    expect((await nodesFrom(slurmAnswering({ nodes: { stdout } }))).probed).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('none of 1 records could be read: has 8 fields instead of 9'),
    });
  });

  test('that ends within a line is a failed probe, though it exits with 0', async () => {
    const lines = jobLine({ JobArrayID: '1' }) + jobLine({ JobArrayID: '2' });
    expect((await jobsIn(lines.slice(0, -1))).probed).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('printed incomplete output: it ends too early'),
    });
    const reservations = slurmAnswering({ reservations: { stdout: 'ReservationName=maint StartTime=1 EndTi' } });
    expect(await slurmProbes(slurmSystem, reservations).reservations()).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('printed incomplete output'),
    });
  });

  test('idle has no jobs and no failed probe', async () => {
    expect(await jobsIn('')).toMatchObject({ given: [], probed: { kind: 'done' } });
  });
});

describe('jobs and reservations that Slurm hides from this user are doubted', () => {
  const doubt = (found: Partial<Found>) =>
    slurmProbes(slurmSystem, slurmAnswering({})).doubt({
      nodes: null,
      jobs: null,
      queues: null,
      reservations: null,
      ...found,
    });

  test.each([
    ['no jobs on idle nodes', 0, { listed: 0, users: 0, cores: 0 }, null],
    [
      'no jobs while CPUs are allocated',
      12,
      { listed: 0, users: 0, cores: 0 },
      'lists no jobs but 12 CPUs are allocated',
    ],
    ['own jobs only', 900, { listed: 3, users: 1, cores: 8 }, 'lists jobs of one user with 8 CPUs but 900 CPUs'],
    ['the jobs of the only user', 64, { listed: 3, users: 1, cores: 64 }, null],
    ['a job that started between the commands', 64, { listed: 3, users: 1, cores: 32 }, null],
    ['jobs of two users', 900, { listed: 2, users: 2, cores: 8 }, null],
  ])('%s', async (_, coresAllocated, jobs, expected) => {
    const { jobs: reason } = await doubt({ nodes: { coresAllocated, reserved: 0 }, jobs });
    if (expected === null) expect(reason).toBeNull();
    else expect(reason).toContain(expected);
  });

  test('no reservations while nodes are reserved', async () => {
    const nodes = { coresAllocated: 0, reserved: 2 };
    expect((await doubt({ nodes, reservations: [] })).reservations).toContain(
      'scontrol lists no reservations but 2 nodes are reserved',
    );
    expect((await doubt({ nodes: { ...nodes, reserved: 0 }, reservations: [] })).reservations).toBeNull();
    expect((await doubt({ nodes })).reservations).toBeNull();
  });
});

test('a line that is not UTF-8 or has no end is skipped alone', async () => {
  const result = await jobsIn([
    Buffer.from(jobLine({ JobArrayID: '1' })),
    Buffer.from([0xff, 0xfe, 10]),
    ...Array.from({ length: 17 }, () => Buffer.alloc(2 ** 20, 'x')),
    Buffer.from(`\n${jobLine({ JobArrayID: '2' })}`),
  ]);
  expect(result.given.map(({ id }) => id)).toEqual(['1', '2']);
  expect(damagedIn(result)).toBe(2);
});

test('each command runs on the scheduler host, within its limits, and requests no free text', async () => {
  const asked: Command[] = [];
  const executor = answering((command) => {
    asked.push(command);
    return {};
  });
  const system = systemOf('farm', {
    scheduler: 'slurm',
    scheduler_host: 'head',
    timeouts: { command: 7 },
    max_output_mib: { scheduler: 64 },
  });
  const probes = slurmProbes(system, executor);
  await Promise.all([probes.nodes(() => {}), probes.jobs(() => {}), probes.queues(), probes.reservations()]);
  expect(asked).toHaveLength(5);
  for (const { host, timeoutSeconds, maxOutputBytes } of asked) {
    expect([host, timeoutSeconds, maxOutputBytes]).toEqual(['head', 7, 64 * 1024 ** 2]);
  }
  const fields = asked.flatMap(({ argv }) => argv.at(-1)?.split(',') ?? []).join(' ');
  expect(fields).not.toMatch(/\b(Name|JobName|Comment|Reason|WorkDir|Command|admin_comment|Extra)\b/i);
});
