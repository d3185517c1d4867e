/** A PBS system that the program does not know is a YAML file, and no code. */

import { expect, test } from 'bun:test';
import { loadConfig, loadSystem } from '../../src/config/load.ts';
import { snapshotOf } from '../support/collected.ts';
import { answering, exited } from '../support/executors.ts';
import { withConfigDirectory } from '../support/systems.ts';

const gust = `
system_name: gust
pbs_host: gust-pbs
timezone: Europe/Zurich
login_nodes_via: direct
login_nodes:
  - { name: gust-a, type: data-access, host: admin@gust-a.example.org }
mounts: { home: /export/home }
filesystems: [home, /scratch]
queues: [night]
load_as: percent
degraded_above: 50
node_rules:
  - { when: { host: 'fat-??' }, class: cpu, type: fat }
  - { when: { resources: { accelerator: tpu } }, class: gpu, type: tpu }
  - { when: { memory_gib_at_least: 100, resources: { ncpus: { at_least: 32 } } }, class: viz, type: wall }
  - { class: cpu, type: thin }
node_types:
  tpu: { cores_per_node: 8, gpu_model: TPU v9 }
`;

const node = (name: string, state: string, available: string[], assigned: string[] = []) =>
  [
    `\t\t"${name}":\t{`,
    `\t\t\t"state":\t"${state}",`,
    '\t\t\t"resources_available":\t{',
    available.map((line) => `\t\t\t\t${line}`).join(',\n'),
    '\t\t\t},',
    '\t\t\t"resources_assigned":\t{',
    ...assigned.map((line) => `\t\t\t\t${line}`),
    '\t\t\t}',
    '\t\t}',
  ].join('\n');
const document = (section: string, records: string[]) =>
  `{\n\t"timestamp":\t1,\n\t"pbs_version":\t"2024",\n\t"${section}":\t{\n${records.join(',\n')}\n\t}\n}\n`;

const nodes = document('nodes', [
  node('fat-01', 'free', ['"ncpus":\t64', '"mem":\t"2tb"']),
  node('thin-1', 'free', ['"ncpus":\t16', '"mem":\t"64gb"'], ['"ncpus":\t4']),
  node('thin-2', 'down', ['"ncpus":\t16', '"mem":\t"64gb"']),
  node('fat-100', 'free', ['"ncpus":\t64', '"mem":\t"128gb"', '"ngpus":\t2'], ['"ngpus":\t1']),
  node('x1', 'job-busy', ['"ncpus":\t8', '"mem":\t"32gb"', '"ngpus":\t4', '"accelerator":\t"tpu"'], ['"ngpus":\t4']),
]);
const jobs = document('Jobs', [
  '\t\t"1.gust":\t{\n\t\t\t"Job_Owner":\t"ada@gust",\n\t\t\t"job_state":\t"R",\n\t\t\t"queue":\t"day",\n\t\t\t"exec_host":\t"x1/0*4",\n\t\t\t"Resource_List":\t{\n\t\t\t\t"ncpus":\t4,\n\t\t\t\t"ngpus":\t4\n\t\t\t}\n\t\t}',
]);
const reservations =
  'Resv ID: R1.gust\nReserve_Name = course\nreserve_start = Mon Jun  1 08:00:00 2026\nreserve_end = Mon Jun  1 12:00:00 2026\n';

const executor = answering(({ argv, host }) => {
  const [program, ...rest] = argv;
  if (program === 'pbsnodes') return { stdout: nodes };
  if (program === 'pbs_rstat') return { stdout: reservations };
  if (program === 'qstat')
    return { stdout: rest.includes('-Q') || rest.includes('-Qa') ? document('Queue', []) : jobs };
  if (program === 'sh' && host === 'admin@gust-a.example.org')
    return { stdout: '2.00 1.00 0.50 1/9 1\n4\nada pts/0\n' };
  if (argv.at(-1) === '/export/home') return { stdout: 'head\n1000 600 - - /export/home\n' };
  return { ending: exited(1, `df: ${argv.at(-1)}: Stale file handle`) };
});

test('its own classes, types, mounts, hosts, zone and units', async () => {
  const system = withConfigDirectory({ 'gust.yaml': gust }, (directory) =>
    loadSystem('gust', loadConfig(directory, { HOME: '/nowhere' })),
  );
  const { payload, failedProbes } = await snapshotOf(system, executor);
  expect(failedProbes).toEqual([]);
  expect(payload).toMatchObject({
    cpu_nodes_total: 3,
    cpu_nodes_available: 2,
    cpu_nodes_down: 1,
    gpu_nodes_total: 1,
    gpu_nodes_available: 0,
    viz_nodes_total: 1,
    viz_nodes_available: 1,
    compute_nodes_total: 5,
    compute_nodes_available: 3,
    compute_nodes_down: 1,
    cpu_cores_total: 168,
    cpu_cores_allocated: 4,
    cpu_cores_idle: 148,
    gpu_count_total: 4,
    gpu_count_allocated: 4,
    gpu_count_idle: 0,
    gpu_utilization_percent: 100,
    viz_count_total: 2,
    viz_count_allocated: 1,
    viz_count_idle: 1,
    viz_utilization_percent: 50,
    memory_total_gb: 2048 + 64 + 64 + 128 + 32,
    memory_allocated_gb: 0,
    running_jobs: 1,
    active_users: 1,
  });
  expect(payload.node_types?.map(({ node_type, nodes_total }) => [node_type, nodes_total])).toEqual([
    ['fat', 1],
    ['tpu', 1],
    ['wall', 1],
    ['thin', 2],
  ]);
  expect(payload.node_types?.[1]).toMatchObject({ cores_per_node: 8, gpu_model: 'TPU v9', utilization_percent: 100 });
  expect(payload.queues.map(({ queue_name, nodes_allocated }) => [queue_name, nodes_allocated])).toEqual([
    ['night', 0],
    ['day', 1],
  ]);
  expect(payload.user_project_queues).toMatchObject([
    { username: 'ada', project_code: '_unknown_', gpus_allocated: 4 },
  ]);
  expect(payload.login_nodes).toEqual([
    {
      node_name: 'gust-a',
      node_type: 'data-access',
      available: true,
      degraded: false,
      user_count: 1,
      num_cpus: 4,
      load_1min: 50,
      load_5min: 25,
      load_15min: 12.5,
    },
  ]);
  expect(payload.filesystems).toMatchObject([
    { filesystem_name: 'home', available: true, degraded: true, utilization_percent: 60 },
    { filesystem_name: '/scratch', available: false, degraded: false, capacity_tb: null },
  ]);
  expect(payload.reservations).toMatchObject([
    {
      system_name: 'gust',
      start_time: '2026-06-01T06:00:00.000',
      end_time: '2026-06-01T10:00:00.000',
      node_count: null,
    },
  ]);
});

test('a system with only a name uses this host and has CPU and GPU nodes', async () => {
  const system = withConfigDirectory({ 'gust.yaml': '' }, (directory) =>
    loadSystem('gust', loadConfig(directory, { HOME: '/nowhere' })),
  );
  expect(system).toMatchObject({
    system_name: 'gust',
    scheduler_host: null,
    timezone: 'UTC',
    filesystems: [],
    login_nodes: [],
  });
  const { payload } = await snapshotOf(system, executor);
  expect(payload).toMatchObject({ cpu_nodes_total: 3, gpu_nodes_total: 2, gpu_count_total: 6 });
  expect(payload).not.toHaveProperty('node_types');
});
