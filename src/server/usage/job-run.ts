import type { z } from 'zod';
import type { StoredJob } from '../store/jobs.ts';
import type { jobRunSchema } from './answers.ts';
import { type ClusterClock, hoursBetween } from './cluster-clock.ts';

/** A run of a job as the API shows it. Times are ISO 8601 in UTC. */
export type JobRun = z.infer<typeof jobRunSchema>;

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
