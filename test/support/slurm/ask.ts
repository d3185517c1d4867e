/**
 * Asks a cluster what the product asks it, in another way: by `--json` where Slurm has it, else by lines of `key=value`.
 * What comes out is the measure of the tests; it lists everything, and leaves it to them what to count.
 */

import type { Cluster } from './cluster.ts';

export type Node = {
  readonly name: string;
  /** First the state itself, then its flags, as Slurm writes them in JSON: `['mixed', 'DRAIN']`. */
  readonly states: readonly string[];
  readonly partitions: readonly string[];
  readonly cpus: Amount;
  readonly gpus: Amount;
  /** In MiB. */
  readonly memory: Amount;
  readonly reason: string;
};

export type Amount = { readonly total: number; readonly allocated: number };

/** Every node once, those of hidden partitions too. */
export function askNodes(cluster: Pick<Cluster, 'run'>): Node[] {
  const { nodes } = json<{ nodes: readonly SinfoNode[] }>(cluster, 'sinfo', '--all');
  return nodes.map((node) => ({
    name: node.name,
    states: [node.state, ...node.state_flags],
    partitions: node.partitions,
    cpus: { total: node.cpus, allocated: node.alloc_cpus },
    gpus: { total: gpusIn(node.tres), allocated: gpusIn(node.tres_used ?? '') },
    memory: { total: node.real_memory, allocated: node.alloc_memory },
    reason: node.reason,
  }));
}

export type Job = {
  readonly id: number;
  readonly name: string;
  readonly user: string;
  readonly account: string;
  /** All that it may run in. */
  readonly partitions: readonly string[];
  readonly state: string;
  readonly reason: string;
  readonly isHeld: boolean;
  /** How many jobs this is: more than one only for an array whose tasks wait. */
  readonly tasks: number;
  readonly nodes: number;
  /** Allocated ones, or those that it waits for. */
  readonly cpus: number;
  readonly gpus: number;
};

/** Every job that has not ended. */
export function askJobs(cluster: Pick<Cluster, 'run'>): Job[] {
  // Unlike the table, this lists those that have ended as well.
  const { jobs } = json<{ jobs: readonly SqueueJob[] }>(cluster, 'squeue', '--all');
  return jobs
    .filter(({ job_state }) => liveStates.includes(job_state))
    .map((job) => ({
      id: job.job_id,
      name: job.name,
      user: job.user_name,
      account: job.account,
      partitions: job.partition.split(','),
      state: job.job_state,
      reason: job.state_reason,
      isHeld: job.job_state !== 'SUSPENDED' && job.priority === 0,
      tasks: countTasks(job.array_task_string),
      nodes: job.node_count,
      cpus: job.cpus,
      gpus: gpusIn(job.tres_alloc_str),
    }));
}

const liveStates = ['PENDING', 'CONFIGURING', 'RUNNING', 'SUSPENDED', 'COMPLETING', 'SPECIAL_EXIT'];

export type Partition = {
  readonly name: string;
  readonly state: string;
  readonly isHidden: boolean;
  readonly nodes: number;
};

/** Every partition, hidden ones too. */
export function askPartitions(cluster: Pick<Cluster, 'run'>): Partition[] {
  return records(cluster, 'partition').map((record) => ({
    name: record.PartitionName ?? '',
    state: record.State ?? '',
    isHidden: record.Hidden === 'YES',
    nodes: Number(record.TotalNodes),
  }));
}

export type Reservation = {
  readonly name: string;
  readonly isActive: boolean;
  /** In the cluster's own time zone, without it. */
  readonly start: string;
  readonly end: string;
  readonly nodes: number;
  /** Compressed, as Slurm writes it. */
  readonly nodeList: string;
  readonly users: string;
};

/** Every reservation, those to come too. */
export function askReservations(cluster: Pick<Cluster, 'run'>): Reservation[] {
  return records(cluster, 'reservation').map((record) => ({
    name: record.ReservationName ?? '',
    isActive: record.State === 'ACTIVE',
    start: record.StartTime ?? '',
    end: record.EndTime ?? '',
    nodes: Number(record.NodeCnt),
    nodeList: record.Nodes ?? '',
    users: record.Users ?? '',
  }));
}

export type PastJob = {
  /** The number that no other job has: `JobIDRaw`. */
  readonly id: number;
  /** As people call it: `12_3` for a task of an array, `12+1` for a part of a heterogeneous job. */
  readonly called: string;
  readonly name: string;
  readonly user: string;
  readonly account: string;
  readonly partition: string;
  readonly state: string;
  /** Seconds since 1970; null for a job that did not start, or has not ended. */
  readonly submit: number;
  readonly start: number | null;
  readonly end: number | null;
  /** In seconds. */
  readonly elapsed: number;
  readonly nodes: number;
  /** Compressed, as Slurm writes it. */
  readonly nodeList: string;
  readonly cpus: number;
  readonly gpus: number;
};

/**
 * Every run of every job of the last day and the next, one each time that a job was queued; or of the jobs named, which
 * also finds those that never were eligible to run.
 */
export function askHistory(cluster: Pick<Cluster, 'run'>, ids: readonly number[] = []): PastJob[] {
  const which = ids.length > 0 ? [`--jobs=${ids.join(',')}`] : ['--starttime=now-1day', '--endtime=now+1day'];
  const options = ['--allusers', '--allocations', '--duplicates', ...which];
  const { jobs } = json<{ jobs: readonly SacctJob[] }>(cluster, 'sacct', ...options);
  return jobs.map((job) => ({
    id: job.job_id,
    called: calledAs(job),
    name: job.name,
    user: job.user ?? '',
    account: job.account,
    partition: job.partition,
    state: job.state.current,
    submit: job.time.submission,
    // A run that never had a node has not started. Slurm prints the end of some of them as their start.
    start: job.nodes === 'None assigned' ? null : job.time.start || null,
    end: job.time.end || null,
    elapsed: job.time.elapsed,
    nodes: job.allocation_nodes,
    nodeList: job.nodes,
    cpus: allocated(job, 'cpu', null),
    gpus: allocated(job, 'gres', 'gpu'),
  }));
}

function calledAs({ job_id, array, het }: SacctJob): string {
  if (array.task_id !== null) return `${array.job_id}_${array.task_id}`;
  if (het.job_offset !== null) return `${het.job_id}+${het.job_offset}`;
  return `${job_id}`;
}

/** Typed GPUs are in the count without a type as well. */
function allocated({ tres }: SacctJob, type: string, name: string | null): number {
  return tres.allocated.find((each) => each.type === type && each.name === name)?.count ?? 0;
}

/** Of `cpu=16,gres/gpu=3,gres/gpu:a100=1,gres/gpu:v100=2`: the count without a type has all of them. */
function gpusIn(tres: string): number {
  return Number(/(?:^|,)gres\/gpu=(\d+)/.exec(tres)?.[1] ?? 0);
}

/** Of `1,3,5-9%2`; one for what is no array. */
function countTasks(tasks: string): number {
  if (tasks === '') return 1;
  const [indices = ''] = tasks.split('%');
  return indices
    .split(',')
    .map((range) => range.split('-').map(Number))
    .reduce((count, [first = 0, last = first]) => count + last - first + 1, 0);
}

/** What scontrol shows, an object a line: words of `key=value`, without free text. */
function records(cluster: Pick<Cluster, 'run'>, what: string): Readonly<Record<string, string>>[] {
  return cluster
    .run(['scontrol', '--all', '--oneliner', 'show', what])
    .split('\n')
    .filter((line) => line.includes('='))
    .map((line) => Object.fromEntries(line.split(' ').map((word) => word.split(/=(.*)/s, 2))));
}

function json<T>(cluster: Pick<Cluster, 'run'>, program: string, ...options: string[]): T {
  const answer = JSON.parse(cluster.run([program, ...options, '--json']));
  // Slurm calls it an error that no job is found (9003).
  const errors = answer.errors.filter((error: { readonly error_number: number }) => error.error_number !== 9003);
  if (errors.length > 0) throw new Error(`${program}: ${JSON.stringify(errors)}`);
  return answer;
}

// As Slurm 22.05 writes them (openapi 0.0.38).

type SinfoNode = {
  readonly name: string;
  readonly state: string;
  readonly state_flags: readonly string[];
  readonly partitions: readonly string[];
  readonly cpus: number;
  readonly alloc_cpus: number;
  readonly real_memory: number;
  readonly alloc_memory: number;
  readonly tres: string;
  readonly tres_used: string | null;
  readonly reason: string;
};

type SqueueJob = {
  readonly job_id: number;
  readonly name: string;
  readonly user_name: string;
  readonly account: string;
  readonly partition: string;
  readonly job_state: string;
  readonly state_reason: string;
  readonly priority: number;
  readonly array_task_string: string;
  readonly node_count: number;
  readonly cpus: number;
  readonly tres_alloc_str: string;
};

type SacctJob = {
  readonly job_id: number;
  readonly array: { readonly job_id: number; readonly task_id: number | null };
  readonly het: { readonly job_id: number; readonly job_offset: number | null };
  readonly name: string;
  readonly user: string | null;
  readonly account: string;
  readonly partition: string;
  readonly state: { readonly current: string };
  readonly time: {
    readonly submission: number;
    readonly start: number | null;
    readonly end: number | null;
    readonly elapsed: number;
  };
  readonly allocation_nodes: number;
  readonly nodes: string;
  readonly tres: {
    readonly allocated: readonly {
      readonly type: string;
      readonly name: string | null;
      readonly count: number | null;
    }[];
  };
};
