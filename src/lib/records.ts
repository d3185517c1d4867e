/**
 * What a scheduler or a host says, whatever the scheduler is: parsers make these, the snapshot is rolled up from them.
 */

/** A node's place in the counts; `allocated` and `other` nodes are in the total only. */
export type NodeState = 'available' | 'allocated' | 'reserved' | 'down' | 'other';

export type NodeRecord = {
  readonly name: string;
  readonly state: NodeState;
  readonly cores: number;
  readonly coresAllocated: number;
  /** Free cores that a job can get: 0 on a node that takes no jobs. */
  readonly coresIdle: number;
  readonly gpus: number;
  readonly gpusAllocated: number;
  readonly gpusIdle: number;
  readonly memoryGib: number;
  readonly memoryAllocatedGib: number;
  /** Ids of the jobs on the node, each once. */
  readonly jobs: readonly string[];
  /** What the scheduler says the node offers, by lower-case name: what node-class rules look at. */
  readonly resources: Pick<ReadonlyMap<string, string>, 'get'>;
};

/** How many of a node's cores or GPUs are idle; jobs can share more than the node has. */
export function idleOf(total: number, allocated: number, takesJobs: boolean): number {
  return takesJobs ? Math.max(0, total - allocated) : 0;
}

export type JobRecord = {
  readonly id: string;
  readonly user: string;
  /** Null where the job names neither an account nor a project. */
  readonly project: string | null;
  /** The queue it is in; a job that waits for the first of several that has room is in all of them. */
  readonly queues: readonly [string, ...string[]];
  /** How many jobs this record stands for in each state: an array counts by its subjobs. */
  readonly running: number;
  readonly pending: number;
  readonly held: number;
  /** What one of those jobs asks for. */
  readonly cores: number;
  readonly gpus: number;
  /** Hosts it runs on; null for a running array, whose hosts only the nodes know. */
  readonly hosts: readonly string[] | null;
};

export type QueueRecord = {
  readonly name: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly started: boolean;
  /** Null where the scheduler does not count them: those that it lists are counted. */
  readonly jobs: number | null;
};

export type ReservationRecord = {
  readonly id: string;
  readonly name: string;
  readonly start: Date;
  readonly end: Date;
  readonly nodes: number | null;
  readonly partition: string | null;
};

export type LoginNodeRecord = {
  /** Sessions of users; null if the host does not count them. */
  readonly users: number | null;
  /** Load averages over 1, 5 and 15 minutes, in runnable processes. */
  readonly load: readonly [number, number, number];
  readonly cpus: number;
};

export type FilesystemRecord = {
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** Null where the filesystem does not count inodes. */
  readonly inodes: number | null;
  readonly inodesUsed: number | null;
};

/** A session server of a JupyterHub; the default one's name is empty. */
export type ServerRecord = {
  readonly name: string;
  /** Neither starting nor stopped. */
  readonly running: boolean;
  /** What the user chose, as JSON. */
  readonly options: unknown;
  /** What the spawner keeps, as JSON; undefined where the hub does not show it. */
  readonly state: unknown;
};

export type HubUserRecord = { readonly name: string; readonly servers: readonly ServerRecord[] };

/** A line of PBS's table of nodes. */
export type NodeTableRecord = {
  readonly name: string;
  /** As PBS has it (`down,offline`), and what it counts as. */
  readonly stateText: string;
  readonly state: NodeState;
  readonly jobs: number;
  readonly jobsRunning: number;
  readonly jobsSuspended: number;
  readonly memoryFreeGib: number;
  readonly memoryGib: number;
  readonly coresFree: number;
  readonly cores: number;
  readonly gpusFree: number;
  readonly gpus: number;
  /** As PBS has them, joined by commas. */
  readonly jobIds: string;
};

/** A record that could not be read: it costs itself only, and is counted and logged. */
export type Damage = {
  /** The job, node or queue; null where not even that could be read. */
  readonly record: string | null;
  /** Where it begins in the command's output. */
  readonly byte: number;
  readonly problem: string;
};

/** Records read from one command, with what could not be read of it. */
export type Reading<T> = { readonly value: T; readonly damaged: Damages };

/** Damaged records: all are counted, the first few are kept to be logged. */
export class Damages {
  count = 0;
  readonly first: Damage[] = [];

  add(damage: Damage): void {
    this.count += 1;
    if (this.first.length < 10) this.first.push(damage);
  }

  /** Adds what is damaged in another part. */
  include(other: Damages): void {
    this.first.push(...other.first.slice(0, 10 - this.first.length));
    this.count += other.count;
  }
}

/**
 * What came of a probe: what it found, with what could not be read of it, or why it found nothing; `unreachable` names the
 * host and why it could not be reached, where that is all.
 */
export type Probed<T> =
  | { readonly kind: 'done'; readonly value: T; readonly damaged: Damages }
  | { readonly kind: 'failed'; readonly reason: string; readonly unreachable?: string | undefined };

/** What the probes of one collection found, by which they are compared; null for a probe that failed. */
export type Found = {
  readonly nodes: { readonly coresAllocated: number; readonly reserved: number } | null;
  readonly jobs: {
    /** Listed jobs, and those of them that could not be read. */
    readonly listed: number;
    readonly users: number;
    /** Cores of the listed jobs that occupy nodes. */
    readonly cores: number;
  } | null;
  readonly queues: readonly QueueRecord[] | null;
  readonly reservations: readonly ReservationRecord[] | null;
};

/** How a scheduler is asked, once a collection. Each probe fails by itself; nodes and jobs are given to `take` one by one. */
export type SchedulerProbes = {
  /** What it says that it is (`slurm 22.05.8`); null where it does not say. */
  version(): Promise<string | null>;
  nodes(take: (node: NodeRecord) => void): Promise<Probed<null>>;
  jobs(take: (job: JobRecord) => void): Promise<Probed<null>>;
  queues(): Promise<Probed<QueueRecord[]>>;
  reservations(): Promise<Probed<ReservationRecord[]>>;
  /**
   * Why the listed jobs or reservations cannot be all that there are; null if they can. Schedulers hide those of other users
   * from a user without the right to see them, and exit with 0.
   */
  doubt(found: Found): Promise<{ readonly jobs: string | null; readonly reservations: string | null }>;
};

/** A login node or filesystem that was asked and does not answer: that is the truth about it, and no failed probe. */
export type Unavailable = { readonly unavailable: string };
