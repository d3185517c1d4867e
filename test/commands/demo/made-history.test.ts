import { describe, expect, test } from 'bun:test';
import {
  hubRequest,
  madeDay,
  madeHubDay,
  madeOutages,
  parseSnapshot,
  snapshotRequest,
} from '../../../src/commands/demo/made-history.ts';
import { madeSamples } from '../../../src/commands/demo/made-samples.ts';

const now = Date.parse('2026-11-28T12:00:00Z');
const hour = 3_600_000;
const row = { running_jobs: 10, pending_jobs: 6, cores_allocated: 100, gpus_allocated: 1, nodes_allocated: 2 };
const recorded = parseSnapshot(
  JSON.stringify({
    running_jobs: 40,
    pending_jobs: 30,
    cpu_cores_total: 1000,
    cpu_cores_allocated: 400,
    cpu_cores_idle: 500,
    gpu_count_total: 0,
    gpu_count_allocated: 4,
    gpu_count_idle: 1,
    queues: [row],
    user_project_queues: [row],
  }),
);

describe('a made-up snapshot', () => {
  const curve = { share: 0.5, zero: now };

  test('six hours after the time of the recorded one has more use, within what is there', () => {
    const more = { ...row, running_jobs: 15, pending_jobs: 4, cores_allocated: 150 };
    expect(snapshotRequest('casper', recorded, now + 6 * hour, curve)).toEqual({
      path: '/api/v1/status/casper',
      body: {
        ...recorded,
        timestamp: '2026-11-28T18:00:00.000',
        running_jobs: 60,
        pending_jobs: 20,
        cpu_cores_allocated: 600,
        cpu_cores_idle: 300,
        cpu_utilization_percent: 60,
        gpu_count_allocated: 5,
        gpu_count_idle: 0,
        gpu_utilization_percent: null,
        queues: [more],
        user_project_queues: [more],
      },
    });
  });

  test('is as recorded at that time, and has less use eighteen hours later', () => {
    const used = (at: number) => snapshotRequest('casper', recorded, at, curve).body;
    expect(used(now)).toMatchObject({ cpu_cores_allocated: 400, cpu_cores_idle: 500, pending_jobs: 30, queues: [row] });
    expect(used(now + 18 * hour)).toMatchObject({ cpu_cores_allocated: 200, cpu_cores_idle: 700, pending_jobs: 60 });
  });

  test('rises and falls from the time of the recorded one, whenever that is', () => {
    const earlier = { share: 0.5, zero: now - 5 * hour };
    const one = { ...recorded, gpu_count_total: 1, gpu_count_allocated: 1, gpu_count_idle: 0 };
    expect(snapshotRequest('casper', one, now + hour, earlier).body).toMatchObject({
      running_jobs: 60,
      gpu_utilization_percent: 100,
    });
  });

  test('is one of a day, each ten minutes until now, with an hour missing and a probe that failed', () => {
    const day = madeDay('casper', recorded, curve, now);
    const times = day.map(({ body }) => Date.parse(`${(body as { timestamp: string }).timestamp}Z`));
    expect([times[0], times.at(-1), times.length]).toEqual([now - 24 * hour - 600_000, now, 140]);
    expect(times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 60_000)).toEqual([
      ...new Array<number>(99).fill(10),
      70,
      ...new Array<number>(39).fill(10),
    ]);
    const failed = day.flatMap(({ headers }, index) => (headers ? [[index, headers]] : []));
    expect(failed).toEqual([60, 61, 62, 63].map((index) => [index, { 'X-Collection-Failed': 'filesystems' }]));
  });
});

test('a made-up hub has more users by day, on a part of its nodes', () => {
  // 0.6 of a day after midnight is a quarter of a day after 0.35: the most users.
  const most = hubRequest('jupyterhub', Date.parse('2026-11-28T14:24:00Z'));
  expect(most).toEqual({
    path: '/api/v1/status/jupyterhub',
    body: {
      timestamp: '2026-11-28T14:24:00.000',
      available: true,
      active_users: 304,
      active_sessions: 336 + 74 + 19,
      casper_login_jobs: 336,
      casper_batch_jobs: 74,
      derecho_batch_jobs: 19,
      nodes_total: 20,
      nodes_busy: 18,
      nodes_free: 1,
      nodes_down: 1,
      cpus_total: 720,
      cpus_used: 648,
      cpu_utilization_percent: 90,
      memory_total_gb: 7200,
      memory_used_gb: 5220,
      memory_utilization_percent: 72.5,
    },
  });
  const day = madeHubDay('jupyterhub', now);
  expect([day.length, day[0], day.at(-1)]).toEqual([
    146,
    hubRequest('jupyterhub', now - 24 * hour - 600_000),
    hubRequest('jupyterhub', now),
  ]);
});

test('a made-up hub has a part of the most users in between', () => {
  // A twelfth of a day after 0.35 of a day has a half of the rise.
  expect(hubRequest('jupyterhub', Date.parse('2026-11-28T10:24:00Z')).body).toMatchObject({
    active_users: 247,
    active_sessions: 273 + 60 + 16,
    casper_login_jobs: 273,
    casper_batch_jobs: 60,
    derecho_batch_jobs: 16,
    nodes_busy: 14,
    nodes_free: 5,
  });
});

test('the made-up outages are an open one, a past one and planned maintenance', () => {
  expect(madeOutages(now)).toEqual(
    [
      {
        system_name: 'casper',
        title: 'Two V100 nodes are out of service',
        severity: 'minor',
        component: 'gpu-v100 nodes',
        status: 'identified',
        description: 'The vendor replaces a power supply.',
        start_time: '2026-11-28T07:00:00.000',
        estimated_resolution: '2026-11-29T08:00:00.000',
      },
      {
        system_name: 'derecho',
        title: 'Scratch did not answer',
        severity: 'major',
        component: 'scratch filesystem',
        status: 'resolved',
        start_time: '2026-11-27T22:00:00.000',
        end_time: '2026-11-28T00:00:00.000',
      },
      {
        system_name: 'derecho',
        title: 'Quarterly maintenance',
        severity: 'maintenance',
        start_time: '2026-12-01T10:00:00.000',
        estimated_resolution: '2026-12-01T20:00:00.000',
      },
    ].map((body) => ({ path: '/api/v1/status/outage', body })),
  );
});

test('made-up samples are those of the newest twenty jobs on one node', () => {
  const jobs = Array.from({ length: 23 }, (_, index) => ({
    JobID: String(index),
    NodeList: 'n1',
    User: 'user01',
    Account: 'staff',
    AllocNodes: index === 22 ? 2 : 1,
    AllocCPUS: 10,
    AllocGPUS: index === 21 ? 2 : index % 2,
    Start: '2026-11-28T11:00:00.500Z',
    End: '2026-11-28T11:01:40.500Z',
  }));
  const samples = madeSamples(jobs);
  expect(samples.map(({ path }) => path)).toEqual(Array.from({ length: 20 }, (_, n) => `/${n + 2}/${n + 2}.n1.json`));
  const start = Date.parse('2026-11-28T11:00:00Z') / 1000;
  expect(samples[1]?.body).toEqual({
    'sams.sampler.Core': { jobid: 3, node: 'n1' },
    'sams.sampler.SlurmInfo': { account: 'staff', username: 'user01' },
    'sams.sampler.SlurmCGroup2': {
      cpus: 10,
      memory_usage_average: 5 * 1024 ** 3,
      memory_max_usage: String(7 * 1024 ** 3),
      memory_limit: String(64 * 1024 ** 3),
    },
    'sams.sampler.NvidiaSMI': {
      0: { utilization_gpu_average: 47, utilization_memory_average: 23.5, power_draw_average: 201 },
    },
    'sams.sampler.Software': {
      execs: {
        '/sw/openfoam/11/bin/simpleFoam': { user: expect.closeTo(361), system: expect.closeTo(7.6) },
        '/usr/bin/bash': { user: 0.6, system: 0.4 },
      },
      untracked: { user: expect.closeTo(11.4), system: 0 },
      start_time: start,
      end_time: start + 100,
    },
  });
  const bodies = samples.map(({ body }) => body as Record<string, { execs: object }>);
  const programs = bodies.flatMap((body) => Object.keys(body['sams.sampler.Software']?.execs ?? {})[0] ?? []);
  expect(programs.slice(0, 5)).toEqual([
    '/sw/gromacs/2024.1/bin/gmx',
    '/sw/openfoam/11/bin/simpleFoam',
    '/usr/bin/python3.11',
    '/sw/lammps/2024.8/bin/lmp',
    '/sw/gromacs/2024.1/bin/gmx',
  ]);
  expect(bodies[2]).toMatchObject({
    'sams.sampler.Software': { execs: { '/usr/bin/python3.11': { user: expect.closeTo(389.5) } } },
  });
  expect(bodies[2]).not.toHaveProperty(['sams.sampler.NvidiaSMI']);
  expect(bodies[19]?.['sams.sampler.NvidiaSMI']).toEqual({
    0: { utilization_gpu_average: 63, utilization_memory_average: 31.5, power_draw_average: 249 },
    1: { utilization_gpu_average: 70, utilization_memory_average: 35, power_draw_average: 270 },
  } as never);
});
