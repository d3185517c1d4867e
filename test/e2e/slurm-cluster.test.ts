/**
 * What the real Slurm of the other tests is like: did these not pass, theirs would prove little. Those of status and of
 * job history are in files of their own, on the same cluster (`sharedSlurm`), and measure by `ask.ts`.
 */

import { beforeAll, describe, expect } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askHistory, askJobs, askNodes, askPartitions, askReservations } from '../support/slurm/ask.ts';
import { type Cluster, slurmIsThere, withSlurm as test } from '../support/slurm/cluster.ts';
import { awkwardReason, nodeStates, reservations } from '../support/slurm/nodes.ts';
import type { Scenario } from '../support/slurm/scenario.ts';
import { sharedSlurm, sharedSlurmTimeout } from '../support/slurm/shared.ts';
import { awkwardTexts } from '../support/slurm/submit.ts';
import { start } from '../support/start.ts';
import { until } from '../support/until.ts';

let cluster: Cluster;
let scenario: Scenario;
beforeAll(async () => {
  if (slurmIsThere) ({ cluster, scenario } = await sharedSlurm());
}, sharedSlurmTimeout);

const runsOf = (...ids: number[]) => askHistory(cluster, ids);
const statesOf = (...ids: number[]) => runsOf(...ids).map(({ state }) => state);

describe('jobs that have ended', () => {
  test('are there in every end state', () => {
    const { ended } = scenario;
    const expected = {
      completed: ['COMPLETED'],
      failed: ['FAILED'],
      killedItself: ['FAILED'],
      outOfMemory: [cluster.tellsOutOfMemory ? 'OUT_OF_MEMORY' : 'FAILED'],
      stepOutOfMemory: ['FAILED'],
      timedOut: ['TIMEOUT'],
      cancelled: ['CANCELLED'],
      cancelledByRoot: ['CANCELLED'],
      cancelledBeforeStart: ['CANCELLED'],
      cancelledWhileWaiting: ['CANCELLED'],
      cancelledBeforeItsTime: ['CANCELLED'],
      lostWithItsNode: ['NODE_FAIL'],
      preempted: ['PREEMPTED'],
      preempting: ['COMPLETED'],
      pastDeadline: ['DEADLINE'],
    } as const;
    const states = Object.keys(expected).map((name) => [name, statesOf(ended[name as keyof typeof expected])]);
    expect(Object.fromEntries(states)).toEqual(expected);
  });

  test('of one number are two when they were queued again, submitted at different times', () => {
    const requeued = runsOf(scenario.ended.requeued);
    expect(requeued.map(({ state }) => state)).toEqual(['REQUEUED', 'COMPLETED']);
    expect(new Set(requeued.map(({ submit }) => submit)).size).toBe(2);
    expect(statesOf(scenario.ended.lostAndQueuedAgain)).toEqual(['NODE_FAIL', 'CANCELLED']);
  });

  test('before they started have no start, and no nodes', () => {
    const { cancelledBeforeStart, cancelledWhileWaiting } = scenario.ended;
    const nothing = { start: null, nodes: 0, cpus: 0, nodeList: 'None assigned' };
    expect(runsOf(cancelledBeforeStart, cancelledWhileWaiting)).toMatchObject([nothing, nothing]);
  });

  test('are found in a window of time, except those that were not eligible before its end', () => {
    const inWindow = new Set(askHistory(cluster).map(({ id }) => id));
    const absent = Object.entries(scenario.ended).filter(([, ids]) => ![ids].flat().every((id) => inWindow.has(id)));
    expect(absent.map(([name]) => name).sort()).toEqual(['cancelledBeforeItsTime', 'cancelledBeforeStart']);
  });

  test('as tasks of an array have numbers of their own, one of them the array’s', () => {
    const { array } = scenario.ended;
    const tasks = runsOf(array);
    expect(tasks.map(({ called }) => called).sort()).toEqual([0, 1, 2, 3].map((index) => `${array}_${index}`));
    expect(tasks.map(({ called, state }) => [called, state])).toContainEqual([`${array}_2`, 'FAILED']);
    expect(tasks.filter(({ id }) => id === array)).toHaveLength(1);
  });

  test('as parts of a heterogeneous job have numbers of their own', () => {
    const { heterogeneous } = scenario.ended;
    expect(runsOf(heterogeneous)).toMatchObject([
      { called: `${heterogeneous}+0`, id: heterogeneous, cpus: 1 },
      { called: `${heterogeneous}+1`, id: heterogeneous + 1, cpus: 2 },
    ]);
  });

  test('had GPUs of a type, of none, of two types, and several nodes', () => {
    const { typedGpus, untypedGpus, anyGpu, twoTypesOfGpu, onSeveralNodes } = scenario.ended;
    const gpus = runsOf(typedGpus, untypedGpus, anyGpu, twoTypesOfGpu).map((job) => [job.id, job.gpus]);
    expect(gpus).toEqual([
      [typedGpus, 2],
      [untypedGpus, 2],
      [anyGpu, 1],
      [twoTypesOfGpu, 3],
    ]);
    expect(runsOf(onSeveralNodes)).toMatchObject([{ nodes: 3, nodeList: 'c[001-003]', cpus: 3 }]);
  });

  test('have names with everything in them that a name can have, cut at 255 characters', () => {
    const stored = awkwardTexts.map((text) => text.replaceAll('"', '`').replace('大', '?').slice(0, 255));
    expect(runsOf(...scenario.ended.awkward).map(({ name }) => name)).toEqual(stored);
  });
});

describe('jobs that are there', () => {
  const jobNamed = (name: keyof Scenario['living']) => {
    const job = askJobs(cluster).find(({ id }) => id === scenario.living[name]);
    if (job === undefined) throw new Error(`${name} is not there`);
    return job;
  };

  test('run, wait, are suspended, set aside or wait for their node', () => {
    const counts = new Map<string, number>();
    for (const { state, tasks } of askJobs(cluster)) counts.set(state, (counts.get(state) ?? 0) + tasks);
    expect(Object.fromEntries(counts)).toEqual({
      RUNNING: 13,
      SUSPENDED: 1,
      SPECIAL_EXIT: 1,
      CONFIGURING: 1,
      PENDING: 17,
    });
  });

  test('wait for every reason', () => {
    expect(jobNamed('heldByUser')).toMatchObject({ reason: 'JobHeldUser', isHeld: true });
    expect(jobNamed('heldByRoot')).toMatchObject({ reason: 'JobHeldAdmin', isHeld: true });
    expect(jobNamed('heldArray')).toMatchObject({ tasks: 7, isHeld: true });
    expect(jobNamed('array')).toMatchObject({ reason: 'JobArrayTaskLimit', tasks: 4, isHeld: false });
    expect(jobNamed('dependent')).toMatchObject({ reason: 'Dependency', isHeld: false });
    expect(jobNamed('tomorrow')).toMatchObject({ reason: 'BeginTime' });
    expect(jobNamed('partitionIsDown')).toMatchObject({ reason: 'PartitionDown' });
    expect(jobNamed('inTwoPartitions').partitions.toSorted()).toEqual(['compute', 'debug']);
    expect(jobNamed('specialExit')).toMatchObject({ state: 'SPECIAL_EXIT', isHeld: true });
  });

  test('hold what they were given', () => {
    expect(jobNamed('onSeveralNodes')).toMatchObject({ nodes: 3, cpus: 6, account: 'chemistry', user: 'mail' });
    expect(jobNamed('twoTypesOfGpu')).toMatchObject({ gpus: 2 });
    expect(jobNamed('ofHiddenPartition')).toMatchObject({ partitions: ['internal'] });
  });
});

describe('nodes', () => {
  test('are in every state, each once', () => {
    const states = Object.fromEntries(askNodes(cluster).map((node) => [node.name, node.states]));
    expect(states).toEqual({
      c001: ['mixed'],
      c002: ['mixed'],
      c003: ['mixed'],
      c004: ['mixed', 'DRAIN'],
      c005: ['idle', 'DRAIN'],
      c006: ['idle', 'MAINTENANCE', 'RESERVED'],
      c007: ['down', 'NOT_RESPONDING'],
      c008: ['idle', 'RESERVED'],
      g01: ['mixed'],
      g02: ['mixed'],
      g03: ['mixed'],
      g04: ['mixed'],
      gone01: ['down', 'NOT_RESPONDING'],
      cloud01: ['mixed', 'CLOUD', 'NOT_RESPONDING', 'POWERING_UP'],
      cloud02: ['idle', 'CLOUD', 'POWERED_DOWN'],
    });
    expect(Object.keys(states).toSorted()).toEqual(Object.keys(nodeStates).toSorted());
  });

  test('hold what the jobs on them hold', () => {
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const nodes = askNodes(cluster);
    const jobs = askJobs(cluster).filter(({ state }) => state === 'RUNNING' || state === 'CONFIGURING');
    expect(sum(nodes.map(({ cpus }) => cpus.allocated))).toBe(sum(jobs.map(({ cpus }) => cpus)));
    expect(sum(nodes.map(({ gpus }) => gpus.allocated))).toBe(sum(jobs.map(({ gpus }) => gpus)));
    expect(sum(nodes.map(({ gpus }) => gpus.total))).toBe(13);
  });

  test('are out of service for reasons in free text', () => {
    const reasons = askNodes(cluster).flatMap(({ name, reason }) => (reason === '' ? [] : [[name, reason]]));
    expect(Object.fromEntries(reasons)).toMatchObject({ c004: awkwardReason, c005: 'fan', c007: awkwardReason });
  });
});

test('partitions are up and down, hidden, and without nodes', () => {
  expect(askPartitions(cluster).toSorted((one, other) => one.name.localeCompare(other.name))).toMatchObject([
    { name: 'bigmem', nodes: 2 },
    { name: 'closed', state: 'DOWN' },
    { name: 'cloud', nodes: 2 },
    { name: 'compute', state: 'UP', nodes: 4 },
    { name: 'debug', nodes: 6 },
    { name: 'empty', nodes: 0 },
    { name: 'fragile', nodes: 2 },
    { name: 'gpu', nodes: 4 },
    { name: 'internal', isHidden: true, nodes: 1 },
  ]);
});

test('two reservations are active, one is to come', () => {
  expect(askReservations(cluster)).toMatchObject([
    { name: reservations.maintenance, isActive: true, nodes: 1, nodeList: 'c006' },
    { name: reservations.course, isActive: true, nodes: 1, nodeList: 'c008' },
    { name: reservations.upgrade, isActive: false, nodes: 16, users: 'root,mail' },
  ]);
});

test('a cluster ends with the process that started it, however that ends, and leaves nothing', async () => {
  const support = join(import.meta.dir, '..', 'support', 'slurm');
  const starter = start([process.execPath, '-e', startAndSuspend(support)], { env: {} });
  const [, directory = ''] = await starter.said(/suspended in (\S+)/);
  expect(processesOf(directory)).not.toBeEmpty();
  starter.kill('SIGKILL');
  await until(() => !existsSync(directory) && processesOf(directory).length === 0, 'nothing is left', 120);
}, 300_000);

/** A program that starts a cluster with a job that stands still, says so, and hangs. */
const startAndSuspend = (support: string): string => `
  import { startSlurm } from '${support}/cluster.ts';
  import { statesOf, submit } from '${support}/submit.ts';
  const cluster = await startSlurm();
  const job = submit(cluster, 'games', 'sleep infinity');
  while (statesOf(cluster).get(job) !== 'RUNNING') await Bun.sleep(10);
  cluster.run(['scontrol', 'suspend', String(job)]);
  console.log('suspended in ' + cluster.work.replace(/.work$/, ''));
  setInterval(() => {}, 1000);
`;

/** Those with the directory in their environment, as all daemons and jobs of a cluster have. */
function processesOf(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(directory);
    } catch {
      return false;
    }
  });
}
