/** Who deleted a job: the scheduler, to run another job, or anybody else. */
export type Deleter = 'scheduler' | 'other';

/** The records that end a run: E for the end of the job, R for a requeue. */
export type EndType = 'E' | 'R';

/**
 * Returns the state of a run that ended with an E or R record. The codes below zero are of OpenPBS's job.h: -29 is the
 * walltime limit, -26 and -27 are the memory limits of the MoM. A job that traps SIGTERM ends with its own code after a
 * deletion, so the deletion counts before the code.
 */
export function stateOfEnd(type: EndType, exitStatus: number, deletedBy: Deleter | null): string {
  if (exitStatus === -29) return 'TIMEOUT';
  if (exitStatus === -27 || exitStatus === -26) return 'OUT_OF_MEMORY';
  // PBS requeues the jobs of a dead node with the code 0.
  if (type === 'R') return exitStatus === 0 ? 'NODE_FAIL' : 'REQUEUED';
  if (deletedBy === 'scheduler') return 'PREEMPTED';
  if (deletedBy === 'other') return 'CANCELLED';
  return exitStatus === 0 ? 'COMPLETED' : 'FAILED';
}

/** The text of a D record, decoded: who deleted the job, and whether its node is dead. */
export function deletionOf(text: string): { readonly by: Deleter; readonly isNodeDown: boolean } {
  return {
    by: text.startsWith('requestor=Scheduler@') ? 'scheduler' : 'other',
    isNodeDown: /\bexecution node \S+ down/.test(text),
  };
}
