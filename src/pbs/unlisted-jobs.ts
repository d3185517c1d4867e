import { counted } from '../lib/text.ts';

/** What the commands of one collection say about the number of jobs. */
export type JobCounts = {
  /** Listed by qstat, as the queues count them: an array once, and each of its running subjobs. */
  readonly listed: number;
  /** Owners of the listed jobs. */
  readonly users: number;
  /** By the totals of the queues; null if they are not known. */
  readonly inQueues: number | null;
  /** On all nodes; those that wait are not among them. */
  readonly onNodes: number;
};

/**
 * True if jobs exist that qstat does not list, and all listed ones are of one user: a user without the right to see other
 * users' jobs gets the own ones, and exit status 0. With jobs of several users, the others came or went between the commands.
 */
export function areUnlisted({ listed, users, inQueues, onNodes }: JobCounts): boolean {
  return users <= 1 && (inQueues ?? onNodes) > listed;
}

/** True if more jobs are unlisted than listed: too many to have come between the commands. */
export function areMostlyUnlisted({ listed, inQueues, onNodes }: JobCounts): boolean {
  return (inQueues ?? onNodes) > 2 * listed;
}

/** `qstat lists no jobs but the queues hold 50` */
export function describeUnlisted({ listed, inQueues, onNodes }: JobCounts): string {
  const own = listed === 0 ? 'no jobs' : `${counted(listed, 'job')} of one user`;
  const others = inQueues === null ? `the nodes have ${onNodes}` : `the queues hold ${inQueues}`;
  return `qstat lists ${own} but ${others}`;
}
