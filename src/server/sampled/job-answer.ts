import type { JobRun } from '../usage/job-run.ts';

/** The answer of `/api/v1/jobs/CLUSTER/JOB`. */
export type JobAnswer = {
  readonly cluster: string;
  readonly job_id: string;
  readonly runs: readonly JobRun[];
  /** Null if nothing was sampled. */
  readonly measured: Measured | null;
};

/** The usage of a job on all its nodes. */
export type Measured = JobSoftware & {
  readonly nodes: readonly MeasuredNode[];
  /** CPU time of all programs, and the CPU time that the job could have used; null if it is not known. */
  readonly cpu_seconds: number;
  readonly allocated_cpu_seconds: number | null;
  readonly cpu_percent: number | null;
};

/** The usage of the programs of a job on all its nodes. */
export type JobSoftware = {
  /** Those that used most first. */
  readonly software: readonly ProgramTime[];
  /** Usage that cannot be assigned to a program; null if no node counted it. */
  readonly untracked: { readonly user_seconds: number; readonly system_seconds: number } | null;
};

/** CPU time of a program in seconds. */
export type ProgramTime = { readonly path: string; readonly user_seconds: number; readonly system_seconds: number };

/** The usage of a job on one node. Bytes; null for what was not measured. */
export type MeasuredNode = {
  readonly node: string;
  readonly cpu_seconds: number | null;
  readonly memory_average: number | null;
  readonly memory_peak: number | null;
  readonly memory_limit: number | null;
  readonly gpus: readonly MeasuredGpu[];
};

/** The mean usage of a GPU; null for what was not measured. */
export type MeasuredGpu = {
  readonly index: string;
  readonly utilisation_percent: number | null;
  readonly memory_percent: number | null;
  readonly power_watts: number | null;
};
