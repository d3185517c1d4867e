/**
 * The numbers of a snapshot, counted a second time straight from the captures: with JSON.parse and loops, and with
 * nothing of the program's own.
 */

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordingOf, snapshotOf } from '../support/collected.ts';
import { fixtures, systemOf } from '../support/systems.ts';

type Resources = Record<string, string | number | null | undefined>;
type Node = {
  state: string;
  jobs?: string[];
  resources_available: Resources;
  resources_assigned?: Resources;
};
type Job = {
  Job_Owner: string;
  job_state: string;
  queue: string;
  Account_Name?: string;
  project?: string;
  exec_host?: string;
  array_state_count?: string;
  Resource_List: Resources;
};

const parsed = (recording: string, file: string) =>
  JSON.parse(readFileSync(join(fixtures, recording, file), 'utf8')) as Record<string, unknown>;
const nodesOf = (recording: string) =>
  Object.entries(parsed(recording, 'pbsnodes-aj.json').nodes as Record<string, Node>);
const jobsOf = (recording: string) => Object.entries(parsed(recording, 'qstat-f.json').Jobs as Record<string, Job>);

const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((total, item) => total + of(item), 0);
const twoDecimals = (value: number) => Number(value.toFixed(2));
const percent = (part: number, total: number) => twoDecimals((part / total) * 100);

const gib = (text: unknown) => {
  const size = String(text ?? '0kb');
  return Number.parseInt(size, 10) * (size.endsWith('gb') ? 1 : 1 / 1024 / 1024);
};

const isDown = (node: Node) => /offline|down|unknown|stale|unresolvable/.test(node.state);
const isReserved = (node: Node) => !isDown(node) && node.state.includes('resv');
const isAllocated = (node: Node) => !isDown(node) && !isReserved(node) && /job-busy|job-exclusive/.test(node.state);
const isAvailable = (node: Node) =>
  !isDown(node) && !isReserved(node) && !isAllocated(node) && /free|idle/.test(node.state);

const counts = (nodes: readonly Node[], name: string) => ({
  [`${name}_nodes_total`]: nodes.length,
  [`${name}_nodes_available`]: nodes.filter(isAvailable).length,
  [`${name}_nodes_down`]: nodes.filter(isDown).length,
  [`${name}_nodes_reserved`]: nodes.filter(isReserved).length,
});

function amounts(nodes: readonly Node[], resource: string) {
  const has = (node: Node) => Number(node.resources_available[resource] ?? 0);
  const uses = (node: Node) => Number(node.resources_assigned?.[resource] ?? 0);
  return {
    total: sum(nodes, has),
    allocated: sum(nodes, uses),
    idle: sum(
      nodes.filter((node) => !isDown(node)),
      (node) => Math.max(0, has(node) - uses(node)),
    ),
  };
}

function coresAndMemory(nodes: readonly Node[]) {
  const cores = amounts(nodes, 'ncpus');
  const memory = sum(nodes, (node) => gib(node.resources_available.mem));
  const memoryUsed = sum(nodes, (node) => gib(node.resources_assigned?.mem));
  return {
    cpu_cores_total: cores.total,
    cpu_cores_allocated: cores.allocated,
    cpu_cores_idle: cores.idle,
    cpu_utilization_percent: percent(cores.allocated, cores.total),
    memory_total_gb: twoDecimals(memory),
    memory_allocated_gb: twoDecimals(memoryUsed),
    memory_utilization_percent: percent(memoryUsed, memory),
  };
}

function gpus(nodes: readonly Node[], name: string) {
  const { total, allocated, idle } = amounts(nodes, 'ngpus');
  return {
    [`${name}_count_total`]: total,
    [`${name}_count_allocated`]: allocated,
    [`${name}_count_idle`]: idle,
    [`${name}_utilization_percent`]: percent(allocated, total),
  };
}

const userOf = (job: Job) => job.Job_Owner.replace(/@.*/, '');
const projectOf = (job: Job) =>
  job.Account_Name ?? (job.project === '_pbs_project_default' ? undefined : job.project) ?? '_unknown_';
const subjobs = (job: Job, state: string) =>
  Number(new RegExp(`${state}:(\\d+)`).exec(job.array_state_count ?? '')?.[1]);

function statesOf(job: Job) {
  if (job.array_state_count === undefined) {
    return {
      running: job.job_state === 'R' ? 1 : 0,
      pending: job.job_state === 'Q' ? 1 : 0,
      held: job.job_state === 'H' ? 1 : 0,
    };
  }
  const queued = subjobs(job, 'Queued');
  const isHeld = job.job_state === 'H';
  return { running: subjobs(job, 'Running'), pending: isHeld ? 0 : queued, held: isHeld ? queued : 0 };
}

/** Hosts of the running jobs among these: from `exec_host`, and for arrays from the nodes that list their subjobs. */
function hostsOf(jobs: readonly (readonly [string, Job])[], nodes: readonly (readonly [string, Node])[]): Set<string> {
  const hosts = new Set<string>();
  for (const [id, job] of jobs) {
    if (statesOf(job).running === 0) continue;
    for (const [, host] of (job.exec_host ?? '').matchAll(/(?:^|\+)([^/]+)\//g)) if (host) hosts.add(host);
    if (job.array_state_count === undefined) continue;
    for (const [name, node] of nodes) {
      if (node.jobs?.some((running) => running.startsWith(id.replace(/\].*/, '')))) hosts.add(name);
    }
  }
  return hosts;
}

function countersOf(jobs: readonly (readonly [string, Job])[], nodes: readonly (readonly [string, Node])[]) {
  const asked = (job: Job, resource: string) => Number(job.Resource_List[resource] ?? 0);
  const inState = (state: 'running' | 'pending' | 'held', of: (job: Job) => number) =>
    sum(jobs, ([, job]) => statesOf(job)[state] * of(job));
  return {
    running_jobs: inState('running', () => 1),
    pending_jobs: inState('pending', () => 1),
    held_jobs: inState('held', () => 1),
    cores_allocated: inState('running', (job) => asked(job, 'ncpus')),
    gpus_allocated: inState('running', (job) => asked(job, 'ngpus')),
    nodes_allocated: hostsOf(jobs, nodes).size,
    cores_pending: inState('pending', (job) => asked(job, 'ncpus')),
    gpus_pending: inState('pending', (job) => asked(job, 'ngpus')),
    cores_held: inState('held', (job) => asked(job, 'ncpus')),
    gpus_held: inState('held', (job) => asked(job, 'ngpus')),
  };
}

const sorted = <T extends object>(rows: readonly T[]) =>
  rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort();

describe.each(['derecho', 'casper'])('%s', (name) => {
  const nodes = nodesOf(name);
  const jobs = jobsOf(name);
  const system = systemOf(name);
  const snapshot = snapshotOf(system, recordingOf(name));

  test('nothing failed and nothing was dropped', async () => {
    const { failedProbes, dropped } = await snapshot;
    expect(failedProbes).toEqual([]);
    expect(dropped).toEqual([]);
  });

  test('cores and memory of all nodes', async () => {
    expect((await snapshot).payload).toMatchObject(coresAndMemory(nodes.map(([, node]) => node)));
  });

  test('jobs by state, and users', async () => {
    const { running_jobs, pending_jobs, held_jobs } = countersOf(jobs, nodes);
    const active_users = new Set(jobs.map(([, job]) => userOf(job))).size;
    expect((await snapshot).payload).toMatchObject({ running_jobs, pending_jobs, held_jobs, active_users });
  });

  test('every queue that has jobs, or is configured and exists', async () => {
    const existing = parsed(name, 'qstat-Q-f.json').Queue as Record<string, unknown>;
    const configured = system.queues.filter((queue) => queue in existing);
    const names = [...new Set([...configured, ...jobs.map(([, job]) => job.queue)])];
    const expected = names.map((queue_name) => {
      const ofQueue = jobs.filter(([, job]) => job.queue === queue_name);
      const active_users = new Set(ofQueue.map(([, job]) => userOf(job))).size;
      return { queue_name, ...countersOf(ofQueue, nodes), active_users };
    });
    expect(sorted((await snapshot).payload.queues)).toEqual(sorted(expected));
  });

  test('every user, project and queue', async () => {
    const keyOf = (job: Job) => JSON.stringify([userOf(job), projectOf(job), job.queue]);
    const expected = [...new Set(jobs.map(([, job]) => keyOf(job)))].map((key) => {
      const [username, project_code, queue_name] = JSON.parse(key) as string[];
      const ofShare = jobs.filter(([, job]) => keyOf(job) === key);
      return { username, project_code, queue_name, ...countersOf(ofShare, nodes) };
    });
    const hasJobs = (row: (typeof expected)[number]) => row.running_jobs + row.pending_jobs + row.held_jobs > 0;
    // Jobs that count nowhere make no row.
    expect(expected.filter((row) => !hasJobs(row)).length).toBeGreaterThan(0);
    expect(sorted((await snapshot).payload.user_project_queues)).toEqual(sorted(expected.filter(hasJobs)));
  });

  test('the queue roster', async () => {
    type Queue = { queue_type: string; enabled: string; started: string; total_jobs: number };
    const expected = Object.entries(parsed(name, 'qstat-Q-f.json').Queue as Record<string, Queue>).map(
      ([queue_name, queue]) => ({
        queue_name,
        queue_type: queue.queue_type,
        enabled: queue.enabled === 'True',
        started: queue.started === 'True',
        total_jobs: queue.total_jobs,
      }),
    );
    expect((await snapshot).payload.queue_definitions).toEqual(expected);
  });

  test('reservations, at seven hours behind UTC in November; of several with one name the first to start', async () => {
    const text = readFileSync(join(fixtures, name, 'pbs_rstat-f.txt'), 'utf8');
    const field = (block: string, field: string) => new RegExp(`^${field} = (.*)$`, 'm').exec(block)?.[1];
    const utc = (time: string | undefined) => new Date(`${time} GMT-0700`).toISOString().slice(0, -1);
    const rows = text
      .split(/^Resv ID: /m)
      .slice(1)
      .map((block) => ({
        system_name: name,
        reservation_name:
          field(block, 'Reserve_Name') === 'NULL' ? field(block, 'queue') : field(block, 'Reserve_Name'),
        description: block.split('\n')[0],
        start_time: utc(field(block, 'reserve_start')),
        end_time: utc(field(block, 'reserve_end')),
        node_count: Number(field(block, 'Resource_List.nodect')),
        partition: 'pbs-default',
      }));
    const first = rows.filter(
      (row) => !rows.some((o) => o.reservation_name === row.reservation_name && o.start_time < row.start_time),
    );
    expect(sorted((await snapshot).payload.reservations ?? [])).toEqual(sorted(first));
  });
});

describe('derecho', () => {
  const nodes = nodesOf('derecho').map(([, node]) => node);
  const isGpu = (node: Node) => Number(node.resources_available.ngpus ?? 0) > 0;

  test('CPU and GPU nodes', async () => {
    const { payload } = await snapshotOf(systemOf('derecho'), recordingOf('derecho'));
    const named = nodesOf('derecho').filter(([name]) => name.startsWith('deg'));
    expect(named).toHaveLength(82);
    expect(payload).toMatchObject(
      counts(
        nodes.filter((node) => !isGpu(node)),
        'cpu',
      ),
    );
    expect(payload).toMatchObject(
      counts(
        named.map(([, node]) => node),
        'gpu',
      ),
    );
    expect(payload).toMatchObject(gpus(nodes, 'gpu'));
    expect(payload.cpu_nodes_total).toBe(2488);
    expect(payload.gpu_nodes_total).toBe(82);
    expect(payload).not.toHaveProperty('node_types');
    expect(payload).not.toHaveProperty('compute_nodes_total');
    expect(payload).not.toHaveProperty('viz_nodes_total');
  });
});

describe('casper', () => {
  const nodes = nodesOf('casper').map(([, node]) => node);
  const has = (node: Node, resource: string, value: string) =>
    String(node.resources_available[resource] ?? '')
      .split(',')
      .includes(value);
  const count = (node: Node) => Number(node.resources_available.ngpus ?? 0);

  /** What each kind of node is told by; every node of the capture is of one kind only. */
  const kinds: Record<string, (node: Node) => boolean> = {
    'gpu-gp100': (node) => has(node, 'gpu_type', 'gp100'),
    'gpu-l40': (node) => has(node, 'gpu_type', 'l40'),
    'gpu-mi300a': (node) => has(node, 'Qlist', 'amdgpu'),
    'gpu-v100': (node) => has(node, 'gpu_type', 'v100') && count(node) === 1,
    'gpu-v100-4way': (node) => has(node, 'gpu_type', 'v100') && count(node) === 4,
    'gpu-v100-8way': (node) => has(node, 'gpu_type', 'v100') && count(node) === 8,
    'gpu-a100': (node) => has(node, 'gpu_type', 'a100'),
    'gpu-h100': (node) => has(node, 'gpu_type', 'h100'),
    bigmem: (node) => has(node, 'Qlist', 'largemem'),
    htc: (node) => has(node, 'Qlist', 'htc') && !has(node, 'Qlist', 'largemem'),
    standard: (node) => count(node) === 0 && has(node, 'Qlist', 'rda') && !has(node, 'Qlist', 'htc'),
  };

  test('every node is of one kind', () => {
    for (const node of nodes) expect(Object.values(kinds).filter((is) => is(node))).toHaveLength(1);
  });

  test('node types, used by GPUs where they have any', async () => {
    const { payload } = await snapshotOf(systemOf('casper'), recordingOf('casper'));
    const expected = Object.entries(kinds).map(([node_type, is]) => {
      const ofType = nodes.filter(is);
      const { total, allocated } = amounts(ofType, ofType.some((node) => count(node) > 0) ? 'ngpus' : 'ncpus');
      return {
        node_type,
        nodes_total: ofType.length,
        nodes_available: ofType.filter(isAvailable).length,
        nodes_down: ofType.filter(isDown).length,
        nodes_allocated: ofType.filter(isAllocated).length,
        utilization_percent: percent(allocated, total),
        memory_utilization_percent: coresAndMemory(ofType).memory_utilization_percent,
      };
    });
    const rows = (payload.node_types ?? []).map(
      ({ cores_per_node, memory_gb_per_node, gpu_model, gpus_per_node, ...row }) => row,
    );
    expect(sorted(rows)).toEqual(sorted(expected));
  });

  test('CPU, GPU and visualisation nodes, and all together', async () => {
    const { payload } = await snapshotOf(systemOf('casper'), recordingOf('casper'));
    const isViz = (node: Node) => has(node, 'Qlist', 'vis');
    const viz = nodes.filter(isViz);
    const gpu = nodes.filter((node) => count(node) > 0 && !isViz(node));
    const cpu = nodes.filter((node) => count(node) === 0);
    expect(payload).toMatchObject({ ...counts(cpu, 'cpu'), ...counts(gpu, 'gpu'), ...counts(viz, 'viz') });
    expect(payload).toMatchObject({ ...gpus(gpu, 'gpu'), ...gpus(viz, 'viz') });
    expect(payload).toMatchObject({
      compute_nodes_total: 114,
      compute_nodes_available: nodes.filter(isAvailable).length,
      compute_nodes_down: nodes.filter(isDown).length,
    });
  });
});
