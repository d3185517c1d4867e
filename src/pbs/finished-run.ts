import { type FinishedJob, runId } from '../lib/finished-job.ts';
import type { JobOwner } from './accounting-text.ts';
import type { Allocation } from './exec-vnode.ts';
import type { OpenRun, Phase } from './open-runs.ts';

/** A run at its end. Times are seconds since 1970. */
export type EndedRun = {
  readonly id: string;
  /** The number of a run that was requeued, if `id` does not contain it; otherwise null. */
  readonly run: number | null;
  readonly job: JobOwner;
  readonly state: string;
  /** Null if it never started. */
  readonly started: number | null;
  readonly ended: number;
  /** In seconds; 0 if PBS does not know it. */
  readonly walltime: number;
  readonly allocation: Allocation;
  /** The resources that the run holds, if they are more than `allocation`. */
  readonly held: OpenRun['held'];
  readonly phase: Phase | null;
  readonly doubt: string | null;
};

/** Returns the run as a finished job. */
export function finishedRun(run: EndedRun): FinishedJob {
  const { id, run: number, job, started, ended, allocation, phase } = run;
  const { cpus, gpus } = run.held ?? allocation;
  const charged = phase === null ? null : booked(phase, ended);
  return {
    id,
    run: number,
    rawId: Bun.hash.xxHash32(number === null ? id : runId(id, number)),
    user: job.user,
    account: job.account,
    partition: job.queue,
    state: run.state,
    submitted: job.submitted,
    started,
    ended,
    qos: null,
    nodeList: allocation.hosts.length === 0 ? null : allocation.hosts.join(','),
    elapsed: started === null ? 0 : elapsedOf(run.walltime, ended - started),
    cpus,
    gpus,
    nodes: allocation.hosts.length,
    charged: charged && { cpuSeconds: charged.cpuSeconds, gpuSeconds: charged.gpuSeconds },
    doubt: run.doubt,
  };
}

/** PBS prints a walltime of 0 if the MoM did not report: its node is dead, or the job was deleted by force. */
function elapsedOf(walltime: number, fromStartToEnd: number): number {
  return walltime > 0 || fromStartToEnd <= 2 ? walltime : fromStartToEnd;
}

/** Returns a phase with the CPU and GPU seconds up to a time. */
export function booked(phase: Phase, until: number): Phase {
  const seconds = Math.max(0, until - phase.since);
  return {
    ...phase,
    since: until,
    cpuSeconds: phase.cpuSeconds + seconds * phase.cpus,
    gpuSeconds: phase.gpuSeconds + seconds * phase.gpus,
  };
}
