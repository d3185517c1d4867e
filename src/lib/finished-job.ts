/** One run of a job, from its submission to its end. Times are seconds since 1970. */
export type FinishedJob = {
  /** The id as the scheduler prints it: `13_5`, `32+0`, `67[3].pbs`. */
  readonly id: string;
  /**
   * A number of 32 bits that identifies the run together with `submitted`: Slurm's id without array index and component,
   * or a hash of the id of PBS.
   */
  readonly rawId: number;
  readonly user: string;
  readonly account: string;
  readonly partition: string;
  readonly state: string;
  readonly submitted: number;
  /** Null if the job never started. */
  readonly started: number | null;
  readonly ended: number;
  readonly qos: string | null;
  readonly nodeList: string | null;
  /** In seconds, without suspended time. */
  readonly elapsed: number;
  readonly cpus: number;
  readonly gpus: number;
  readonly nodes: number;
  /**
   * CPU and GPU seconds of a job that released some of its nodes while it ran; null for `elapsed` times `cpus` and
   * `gpus`.
   */
  readonly charged: { readonly cpuSeconds: number; readonly gpuSeconds: number } | null;
  /** The impossible values of the job, and the values that are used instead; null for none. */
  readonly doubt: string | null;
};
