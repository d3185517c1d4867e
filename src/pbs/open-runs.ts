import { z } from 'zod';

const seconds = z.int();
const count = z.int().nonnegative();

/** The nodes of a job since its last release of nodes, and its CPU and GPU seconds before `since`. */
const phase = z.object({ since: seconds, cpus: count, gpus: count, cpuSeconds: count, gpuSeconds: count });

/** The state of a job that has not ended, from the records that were read. Times are seconds since 1970. */
const openRun = z.object({
  /** Null if no record that describes the job was read. */
  job: z.object({ user: z.string(), account: z.string(), queue: z.string(), submitted: seconds }).nullable(),
  /** The first start since the last requeue; null if the job waits. */
  started: seconds.nullable(),
  /** `exec_vnode` of that start, decoded as Latin-1. */
  execVnode: z.string().nullable(),
  /** The CPUs and GPUs that an exclusive job holds; null for other jobs. */
  held: z.object({ cpus: count, gpus: count }).nullable(),
  deletedBy: z.enum(['scheduler', 'other']).nullable(),
  /** Null if the job released no nodes. */
  phase: phase.nullable(),
  /** `clock` of the last record of the job. */
  seen: seconds,
});

export type Phase = z.output<typeof phase>;
export type OpenRun = z.output<typeof openRun>;

/** The state with which a reader continues in the middle of a log. */
export type LogState = {
  /** The jobs that have not ended, by id. */
  readonly open: Map<string, OpenRun>;
  /** `clock` minus the time in seconds since 1970; null if no record has shown it yet. */
  zone: number | null;
  /** `clock` of the last record. */
  clock: number;
};

/** The state at the beginning of a log. */
export function newLogState(): LogState {
  return { open: new Map(), zone: null, clock: 0 };
}

/** A stored state. */
export const logStateSchema = z
  .object({ open: z.record(z.string(), openRun), zone: seconds.nullable(), clock: seconds })
  .transform(({ open, ...rest }): LogState => ({ open: new Map(Object.entries(open)), ...rest }));

/** The seconds after which a job that the log does not name any more is forgotten: the state cannot grow without end. */
const forgottenAfter = 400 * 86_400;

/** Returns the state as it is stored, without forgotten jobs. */
export function storedLogState({ open, zone, clock }: LogState): z.input<typeof logStateSchema> {
  const kept = [...open].filter(([, { seen }]) => clock - seen < forgottenAfter);
  return { open: Object.fromEntries(kept), zone, clock };
}
