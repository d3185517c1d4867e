/** A run of a job. Times are ISO 8601 in UTC; null if it never started. */
export type JobRun = {
  readonly job_id: string;
  readonly user: string | null;
  readonly account: string;
  readonly partition: string;
  readonly qos: string | null;
  readonly state: string;
  readonly submit: string;
  readonly start: string | null;
  readonly end: string | null;
  readonly wait_hours: number | null;
  readonly elapsed_hours: number | null;
  readonly cpus: number;
  readonly gpus: number;
  readonly nodes: number;
  readonly node_list: string | null;
  readonly cpu_hours: number;
  readonly gpu_hours: number;
};

/** CPU time of a program in seconds. */
export type Program = { readonly path: string; readonly user_seconds: number; readonly system_seconds: number };

export type Gpu = {
  readonly index: string;
  readonly utilisation_percent: number | null;
  readonly memory_percent: number | null;
  readonly power_watts: number | null;
};

/** What a sampler measured on a node, in bytes and seconds; null for what it did not measure. */
export type MeasuredNode = {
  readonly node: string;
  readonly cpu_seconds: number | null;
  readonly memory_average: number | null;
  readonly memory_peak: number | null;
  readonly memory_limit: number | null;
  readonly gpus: readonly Gpu[];
};

export type Measured = {
  readonly software: readonly Program[];
  readonly untracked: { readonly user_seconds: number; readonly system_seconds: number } | null;
  readonly nodes: readonly MeasuredNode[];
  readonly cpu_seconds: number;
  readonly allocated_cpu_seconds: number | null;
  readonly cpu_percent: number | null;
};

/** An answer of `/api/v1/jobs/CLUSTER/JOB`. */
export type Job = {
  readonly cluster: string;
  readonly job_id: string;
  readonly runs: readonly JobRun[];
  /** Null if nothing was sampled. */
  readonly measured: Measured | null;
};
