/** One run of a job, from its submission to its end. Times are seconds since 1970. */
export type FinishedJob = {
  /** The id as the scheduler prints it: `13_5`, `32+0`, `67[3].pbs`. */
  readonly id: string;
  /**
   * The number of a run that PBS requeued, from 1, if `id` does not contain it. Null for the last run of a job, and for
   * Slurm, which gives each run a submit time of its own.
   */
  readonly run: number | null;
  /**
   * A number of 32 bits that identifies the run together with `submitted`: Slurm's id without array index and component,
   * or a hash of the id and the run of PBS.
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

/**
 * Returns the id of an earlier run of a job, which differs from the ids of its other runs. `run` is the number of the run
 * for PBS, and its start in seconds since 1970 for Slurm.
 */
export function runId(id: string, run: number): string {
  return `${id}/run${run}`;
}
