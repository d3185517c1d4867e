import type { z } from 'zod';
import type {
  coverageSchema,
  fieldHistorySchema,
  historySchema,
  outageRowSchema,
  outageWithUpdatesSchema,
  reservationHistorySchema,
  reservationRowSchema,
  userHistorySchema,
} from '../../server/status/answers.ts';

// The answers of the status API. The forms of snapshots are here as far as the pages read them: their times are UTC text,
// and their unknown numbers are null or absent.

/** A snapshot older than this says nothing about the present, in ms. Collectors send one every five minutes. */
export const staleMs = 10 * 60_000;

type Count = number | null | undefined;

/** The counters of a queue, or of a user in a project and queue. */
export type JobCounters = {
  readonly running_jobs: number;
  readonly pending_jobs: number;
  readonly held_jobs: number;
  readonly cores_allocated: number;
  readonly gpus_allocated: number;
  readonly nodes_allocated: number;
  readonly cores_pending: number;
  readonly gpus_pending: number;
};

export type Queue = JobCounters & { readonly queue_name: string; readonly active_users: number };

export type UserProjectQueue = JobCounters & {
  /** Null if this reader may not see names. */
  readonly username: string | null;
  readonly project_code: string;
  readonly queue_name: string;
};

export type QueueDefinition = {
  readonly queue_name: string | null;
  readonly queue_type?: string | null;
  readonly enabled?: boolean;
  readonly started?: boolean;
};

export type NodeType = {
  readonly node_type: string;
  readonly nodes_total: number;
  readonly nodes_available: number;
  readonly nodes_down: number;
  readonly nodes_allocated: number;
  readonly cores_per_node: Count;
  readonly memory_gb_per_node: Count;
  readonly gpu_model: string | null;
  readonly gpus_per_node: Count;
  readonly utilization_percent: Count;
  readonly memory_utilization_percent: Count;
};

export type LoginNode = {
  readonly node_name: string;
  readonly node_type: string;
  readonly available: boolean;
  readonly degraded: boolean;
  readonly user_count: Count;
  readonly num_cpus: Count;
  readonly load_1min: Count;
  readonly load_5min: Count;
  readonly load_15min: Count;
};

export type Filesystem = {
  readonly filesystem_name: string;
  readonly available: boolean;
  readonly degraded: boolean;
  readonly capacity_tb: Count;
  readonly used_tb: Count;
  readonly utilization_percent: Count;
  readonly capacity_inodes: Count;
  readonly used_inodes: Count;
  readonly inodes_utilization_percent: Count;
};

/** Nodes of one class: the prefix of the fields of a snapshot. */
export type NodeClass = 'cpu' | 'gpu' | 'viz';

type NodeCounts = {
  readonly [Field in `${NodeClass}_nodes_${'total' | 'available' | 'down' | 'reserved'}`]?: Count;
};

type Utilization = {
  readonly cpu_utilization_percent?: Count;
  readonly gpu_utilization_percent?: Count;
  readonly memory_utilization_percent?: Count;
  readonly memory_total_gb?: Count;
};

type SnapshotBase = {
  readonly timestamp: string;
  readonly received_at: string;
  readonly collection_failed: readonly string[];
  readonly active_users?: Count;
};

/** The newest snapshot of a batch system. */
export type BatchSnapshot = SnapshotBase &
  NodeCounts &
  Utilization & {
    readonly cpu_cores_total?: Count;
    readonly cpu_cores_allocated?: Count;
    readonly cpu_cores_idle?: Count;
    readonly gpu_count_total?: Count;
    readonly gpu_count_allocated?: Count;
    readonly gpu_count_idle?: Count;
    readonly viz_count_total?: Count;
    readonly viz_count_allocated?: Count;
    readonly viz_count_idle?: Count;
    readonly viz_utilization_percent?: Count;
    readonly memory_allocated_gb?: Count;
    readonly running_jobs: number;
    readonly pending_jobs: number;
    readonly held_jobs: number;
    readonly queues: readonly Queue[];
    readonly queue_definitions?: readonly QueueDefinition[] | null;
    readonly user_project_queues?: readonly UserProjectQueue[];
    readonly node_types?: readonly NodeType[] | null;
    readonly login_nodes: readonly LoginNode[];
    readonly filesystems: readonly Filesystem[];
  };

/** The newest snapshot of a hub. */
export type HubSnapshot = SnapshotBase &
  Utilization & {
    readonly available: boolean;
    readonly active_sessions: number;
    readonly nodes_total?: Count;
    readonly nodes_free?: Count;
    readonly nodes_busy?: Count;
    readonly nodes_down?: Count;
    readonly cpus_total?: Count;
    readonly cpus_used?: Count;
    readonly gpus_total?: Count;
    readonly gpus_used?: Count;
    readonly memory_used_gb?: Count;
    readonly jobs_running?: Count;
    readonly jobs_suspended?: Count;
    readonly casper_login_jobs?: Count;
    readonly casper_batch_jobs?: Count;
    readonly derecho_batch_jobs?: Count;
  };

export type Snapshot = BatchSnapshot | HubSnapshot;

/** True for the snapshot of a hub. */
export function isHub(snapshot: Snapshot): snapshot is HubSnapshot {
  return 'active_sessions' in snapshot;
}

/** An outage or maintenance. */
export type Outage = z.infer<typeof outageRowSchema>;
export type Reservation = z.infer<typeof reservationRowSchema>;

/** What snapshots reported about a reservation, the oldest change first. */
export type ReservationHistory = z.infer<typeof reservationHistorySchema>;
export type ReservationChange = ReservationHistory['changes'][number];

/** The steps of a history, and how well snapshots cover them. */
export type Coverage = z.infer<typeof coverageSchema>;

type WholeFieldHistory = z.infer<typeof fieldHistorySchema>;
/** The values of a field in the steps of a history. Of users and projects only sums are kept, which have no extremes. */
export type FieldHistory = Pick<WholeFieldHistory, 'average'> & Partial<WholeFieldHistory>;

/** The history of a system or of a part of it, with the outages of the system in its period. */
export type History = Omit<z.infer<typeof historySchema>, 'kind' | 'fields' | 'outages'> & {
  readonly kind: string;
  readonly fields: Readonly<Record<string, FieldHistory>>;
  readonly outages: readonly Outage[];
};

/** The users or projects of a system over time, those with the most first, with the outages in the period. */
export type UserHistory = Omit<z.infer<typeof userHistorySchema>, 'outages'> & { readonly outages: readonly Outage[] };

/** An outage with its time line. */
export type OutageWithUpdates = z.infer<typeof outageWithUpdatesSchema>;
export type OutageUpdate = OutageWithUpdates['updates'][number];
