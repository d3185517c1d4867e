import type { StoredJob } from '../store/jobs.ts';
import { type ClusterClock, hoursBetween } from './cluster-clock.ts';

/** A run of a job as the API shows it. Times are ISO 8601 in UTC, null if they are not known. */
export type JobRun = {
  readonly job_id: string;
  /** Null if the client must not see it. */
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

/** A page of the jobs that ended in a window, the newest end first. */
export type JobList = {
  /** The first and the last day of the window. */
  readonly from: string;
  readonly to: string;
  /** The number of jobs in the window. */
  readonly total: number;
  readonly jobs: readonly (JobRun & { readonly cluster: string })[];
  /** The parameter `after` of the next page; null on the last one. */
  readonly next: string | null;
};

/** Returns a stored job as the API shows it. */
export function jobRunOf(job: StoredJob, clock: ClusterClock, shownName: (user: string) => string | null): JobRun {
  const timeOf = (text: string | null) => (text === null ? null : clock.timeOf(text));
  const [submit, start, end] = [clock.timeOf(job.submit), timeOf(job.start), timeOf(job.end)];
  return {
    job_id: job.job_id,
    user: shownName(job.user),
    account: job.account,
    partition: job.partition,
    qos: job.qos,
    state: job.state,
    submit: isoTime(submit),
    start: start === null ? null : isoTime(start),
    end: end === null ? null : isoTime(end),
    wait_hours: hoursBetween(submit, start),
    elapsed_hours: hoursBetween(start, end),
    cpus: job.cpus,
    gpus: job.gpus,
    nodes: job.nodes,
    node_list: job.node_list,
    cpu_hours: job.cpu_hours,
    gpu_hours: job.gpu_hours,
  };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
