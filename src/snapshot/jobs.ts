import { skipLastCompiler } from '../lib/compile-less.ts';
import type { JobRecord } from '../lib/records.ts';
import { copyOf } from '../lib/text.ts';
import { arrayOf } from './nodes.ts';

/** The job counters of a queue, or of one user and project in a queue. The names are the field names of the API. */
export type JobCounters = {
  running_jobs: number;
  pending_jobs: number;
  held_jobs: number;
  cores_allocated: number;
  gpus_allocated: number;
  nodes_allocated: number;
  cores_pending: number;
  gpus_pending: number;
  cores_held: number;
  gpus_held: number;
};

type Counted = { counters: JobCounters; hosts: Set<string>; arrays: Set<string> };

/** The totals of the jobs of a system. Holds only totals, so that memory does not grow with the number of jobs. */
export type JobRollup = {
  jobs: number;
  running: number;
  pending: number;
  held: number;
  /** Cores of the jobs that occupy nodes: all jobs that are neither pending nor held. */
  cores: number;
  /** Owners of all listed jobs, in any state. */
  readonly users: Set<string>;
  readonly byQueue: Map<string, Counted & { users: Set<string> }>;
  /** By user, project and queue. */
  readonly byShare: Map<string, Counted & Share>;
  /** One copy of each name. */
  readonly names: Map<string, string>;
};

type Share = { readonly user: string; readonly project: string; readonly queue: string };

/** The project of a job without an account; the original collectors use the same name. */
const unknownProject = '_unknown_';

export function emptyJobs(): JobRollup {
  return {
    jobs: 0,
    running: 0,
    pending: 0,
    held: 0,
    cores: 0,
    users: new Set(),
    byQueue: new Map(),
    byShare: new Map(),
    names: new Map(),
  };
}

/** Adds one job. An array counts by its subjobs. */
export function addJob(rollup: JobRollup, job: JobRecord): void {
  const user = kept(rollup, job.user);
  const project = kept(rollup, job.project ?? unknownProject);
  rollup.jobs += 1;
  rollup.running += job.running;
  rollup.pending += job.pending;
  rollup.held += job.held;
  rollup.cores += job.cores * (job.pending + job.held > 0 ? job.running : Math.max(1, job.running));
  rollup.users.add(user);
  const nodes = nodesOf(rollup, job);

  for (const name of job.queues) {
    const queue = kept(rollup, name);
    const ofQueue = rollup.byQueue.get(queue) ?? { ...noneCounted(), users: new Set() };
    rollup.byQueue.set(queue, ofQueue);
    ofQueue.users.add(user);
    count(ofQueue, job, nodes);
  }
  // Count a job with several queues in one share only, so that the shares add up to the user's jobs.
  const queue = kept(rollup, job.queues[0]);
  const key = `${user}\n${project}\n${queue}`;
  const ofShare = rollup.byShare.get(key) ?? { ...noneCounted(), user, project, queue };
  rollup.byShare.set(key, ofShare);
  count(ofShare, job, nodes);
}

skipLastCompiler(addJob);

/** The nodes of a running job: its hosts, or the array that it is part of. */
type OccupiedNodes = { readonly hosts: readonly string[]; readonly array: string | null };

function nodesOf(rollup: JobRollup, job: JobRecord): OccupiedNodes {
  if (job.running === 0) return { hosts: [], array: null };
  if (job.hosts === null) return { hosts: [], array: kept(rollup, arrayOf(job.id) ?? job.id) };
  return { hosts: job.hosts.map((name) => kept(rollup, name)), array: null };
}

skipLastCompiler(nodesOf);

function count({ counters, hosts, arrays }: Counted, job: JobRecord, nodes: OccupiedNodes): void {
  counters.running_jobs += job.running;
  counters.pending_jobs += job.pending;
  counters.held_jobs += job.held;
  counters.cores_allocated += job.running * job.cores;
  counters.gpus_allocated += job.running * job.gpus;
  counters.cores_pending += job.pending * job.cores;
  counters.gpus_pending += job.pending * job.gpus;
  counters.cores_held += job.held * job.cores;
  counters.gpus_held += job.held * job.gpus;
  for (const host of nodes.hosts) hosts.add(host);
  if (nodes.array !== null) arrays.add(nodes.array);
}

function noneCounted(): Counted {
  return { counters: noCounters(), hosts: new Set(), arrays: new Set() };
}

function noCounters(): JobCounters {
  return {
    running_jobs: 0,
    pending_jobs: 0,
    held_jobs: 0,
    cores_allocated: 0,
    gpus_allocated: 0,
    nodes_allocated: 0,
    cores_pending: 0,
    gpus_pending: 0,
    cores_held: 0,
    gpus_held: 0,
  };
}

function kept(rollup: JobRollup, name: string): string {
  const known = rollup.names.get(name);
  if (known !== undefined) return known;
  const copy = copyOf(name);
  rollup.names.set(copy, copy);
  return copy;
}

skipLastCompiler(kept);

/** Returns the payload's counts of all jobs. */
export function jobFields(rollup: JobRollup): Record<string, number> {
  return {
    running_jobs: rollup.running,
    pending_jobs: rollup.pending,
    held_jobs: rollup.held,
    active_users: rollup.users.size,
  };
}

export type QueueRow = JobCounters & { readonly queue_name: string; readonly active_users: number };

/** Returns a row for each queue: configured queues, then other queues with jobs. */
export function queueRows(
  rollup: JobRollup,
  configured: readonly string[],
  hostsByArray: ReadonlyMap<string, ReadonlySet<string>>,
): QueueRow[] {
  return [...new Set([...configured, ...rollup.byQueue.keys()])].map((queue_name) => {
    const counted = rollup.byQueue.get(queue_name);
    return {
      queue_name,
      ...(counted ? withNodes(counted, hostsByArray) : noCounters()),
      active_users: counted?.users.size ?? 0,
    };
  });
}

/** Returns the number of running, pending and held jobs of a queue. */
export function jobsIn(rollup: JobRollup, queue: string): number {
  const { running_jobs, pending_jobs, held_jobs } = rollup.byQueue.get(queue)?.counters ?? noCounters();
  return running_jobs + pending_jobs + held_jobs;
}

export type ShareRow = JobCounters & {
  readonly username: string;
  readonly project_code: string;
  readonly queue_name: string;
};

/**
 * Returns a row for each user, project and queue that has running, pending or held jobs. Jobs in other states, such as
 * completing, give no row.
 */
export function shareRows(rollup: JobRollup, hostsByArray: ReadonlyMap<string, ReadonlySet<string>>): ShareRow[] {
  return [...rollup.byShare.values()]
    .filter(({ counters }) => counters.running_jobs + counters.pending_jobs + counters.held_jobs > 0)
    .map((share) => ({
      username: share.user,
      project_code: share.project,
      queue_name: share.queue,
      ...withNodes(share, hostsByArray),
    }));
}

/** Returns the counters with the number of nodes. A node that several jobs share counts once. */
function withNodes(counted: Counted, hostsByArray: ReadonlyMap<string, ReadonlySet<string>>): JobCounters {
  const ofArrays = [...counted.arrays].flatMap((array) => [...(hostsByArray.get(array) ?? [])]);
  const more = new Set(ofArrays.filter((host) => !counted.hosts.has(host)));
  return { ...counted.counters, nodes_allocated: counted.hosts.size + more.size };
}
