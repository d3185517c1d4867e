/**
 * The records of schedulers and hosts, the same for all schedulers. Parsers make them, and the snapshot is computed from
 * them.
 */

/** The state that a node counts as. Nodes in the state `other` count only in the total. */
export type NodeState = 'available' | 'allocated' | 'reserved' | 'down' | 'other';

export type NodeRecord = {
  readonly name: string;
  readonly state: NodeState;
  readonly cores: number;
  readonly coresAllocated: number;
  /** Free cores for jobs: 0 on a node that accepts no jobs. */
  readonly coresIdle: number;
  readonly gpus: number;
  readonly gpusAllocated: number;
  readonly gpusIdle: number;
  readonly memoryGib: number;
  readonly memoryAllocatedGib: number;
  /** Ids of the jobs on the node, each once. */
  readonly jobs: readonly string[];
  /** The resources of the node, by lower-case name. Node rules test them. */
  readonly resources: Pick<ReadonlyMap<string, string>, 'get'>;
};

/** Returns the idle cores or GPUs of a node. Never negative, because jobs can share more than the node has. */
export function idleOf(total: number, allocated: number, takesJobs: boolean): number {
  return takesJobs ? Math.max(0, total - allocated) : 0;
}

export type JobRecord = {
  readonly id: string;
  readonly user: string;
  /** Null if the job has neither an account nor a project. */
  readonly project: string | null;
  /** The queue of the job. A job that is submitted to several queues is in all of them until one starts it. */
  readonly queues: readonly [string, ...string[]];
  /** The number of jobs in each state; an array counts by its subjobs. */
  readonly running: number;
  readonly pending: number;
  readonly held: number;
  /** The cores and GPUs of one of these jobs. */
  readonly cores: number;
  readonly gpus: number;
  /** The hosts of the job; null for a running array, whose hosts are only in the node records. */
  readonly hosts: readonly string[] | null;
};

export type QueueRecord = {
  readonly name: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly started: boolean;
  /** Null if the scheduler gives no number; the listed jobs are counted then. */
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
  /** Null if the filesystem does not count inodes. */
  readonly inodes: number | null;
  readonly inodesUsed: number | null;
};

/** A session server of a JupyterHub. The name of the default server is empty. */
export type ServerRecord = {
  readonly name: string;
  /** False while the server starts, and if it is stopped. */
  readonly running: boolean;
  /** The options that the user chose, as JSON. */
  readonly options: unknown;
  /** The state of the spawner, as JSON; undefined if the hub does not show it. */
  readonly state: unknown;
};

export type HubUserRecord = { readonly name: string; readonly servers: readonly ServerRecord[] };

/** A row of the node table of PBS. */
export type NodeTableRecord = {
  readonly name: string;
  /** The state as PBS prints it (`down,offline`); `state` is the state that it counts as. */
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
  /** The ids as PBS prints them, joined by commas. */
  readonly jobIds: string;
};

/** A record that cannot be read. It is counted and logged; other records are not affected. */
export type DamagedRecord = {
  /** The name of the job, node or queue; null if the name cannot be read. */
  readonly record: string | null;
  /** The offset of the record in the output of the command, in bytes. */
  readonly byte: number;
  readonly problem: string;
};

/** Records of one command, and its damaged records. */
export type Reading<T> = { readonly value: T; readonly damaged: Damages };

/** Damaged records. All are counted; the first ten are kept for the log. */
export class Damages {
  count = 0;
  readonly first: DamagedRecord[] = [];

  add(damage: DamagedRecord): void {
    this.count += 1;
    if (this.first.length < 10) this.first.push(damage);
  }

  /** Adds the damaged records of another part. */
  include(other: Damages): void {
    this.first.push(...other.first.slice(0, 10 - this.first.length));
    this.count += other.count;
  }
}

/**
 * The result of a probe: its value with the damaged records, or the reason of its failure. `unreachable` names the host
 * and the reason if the host cannot be reached.
 */
export type Probed<T> =
  | { readonly kind: 'done'; readonly value: T; readonly damaged: Damages }
  | { readonly kind: 'failed'; readonly reason: string; readonly unreachable?: string | undefined };

/** The results of one collection's probes, for comparison with each other; null for a probe that failed. */
export type Found = {
  readonly nodes: { readonly coresAllocated: number; readonly reserved: number } | null;
  readonly jobs: {
    /** The number of listed jobs, including damaged ones. */
    readonly listed: number;
    readonly users: number;
    /** Cores of the listed jobs that occupy nodes. */
    readonly cores: number;
  } | null;
  readonly queues: readonly QueueRecord[] | null;
  readonly reservations: readonly ReservationRecord[] | null;
};

/**
 * The probes of a scheduler, which each collection calls once. Probes fail independently. Nodes and jobs are passed to
 * `take` one by one.
 */
export type SchedulerProbes = {
  /** The name and version of the scheduler (`slurm 22.05.8`); null if unknown. */
  version(): Promise<string | null>;
  nodes(take: (node: NodeRecord) => void): Promise<Probed<null>>;
  jobs(take: (job: JobRecord) => void): Promise<Probed<null>>;
  queues(): Promise<Probed<QueueRecord[]>>;
  reservations(): Promise<Probed<ReservationRecord[]>>;
  /**
   * Returns why the lists of jobs or reservations seem incomplete; null if they do not. Schedulers hide those of other
   * users from a user without permission, and exit with 0.
   */
  doubt(found: Found): Promise<{ readonly jobs: string | null; readonly reservations: string | null }>;
};

/** A login node or filesystem that does not answer. This is a valid result, not a failed probe. */
export type UnavailablePart = { readonly unavailable: string };
