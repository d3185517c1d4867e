import { counted } from '../lib/text.ts';

/** The numbers of jobs by the commands of one collection. */
export type JobCounts = {
  /** Jobs listed by qstat, counted like the queues do: an array once, plus each of its running subjobs. */
  readonly listed: number;
  /** Number of owners of the listed jobs. */
  readonly users: number;
  /** Sum of the totals of the queues; null if it is not known. */
  readonly inQueues: number | null;
  /** Jobs on all nodes, so without pending jobs. */
  readonly onNodes: number;
};

/**
 * True if jobs exist that qstat does not list, and all listed jobs belong to one user. A user without the right to see
 * other users' jobs gets only the own jobs, with exit status 0. If the listed jobs have several owners, the unlisted jobs
 * started or ended between the commands.
 */
export function areUnlisted({ listed, users, inQueues, onNodes }: JobCounts): boolean {
  return users <= 1 && (inQueues ?? onNodes) > listed;
}

/** True if more jobs are unlisted than listed: too many to have started between the commands. */
export function areMostlyUnlisted({ listed, inQueues, onNodes }: JobCounts): boolean {
  return (inQueues ?? onNodes) > 2 * listed;
}

/** Returns the difference as text: `qstat lists no jobs but the queues hold 50`. */
export function describeUnlisted({ listed, inQueues, onNodes }: JobCounts): string {
  const own = listed === 0 ? 'no jobs' : `${counted(listed, 'job')} of one user`;
  const others = inQueues === null ? `the nodes have ${onNodes}` : `the queues hold ${inQueues}`;
  return `qstat lists ${own} but ${others}`;
}
