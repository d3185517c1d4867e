import type { FinishedJob } from '../lib/finished-job.ts';
import { clockTime } from '../lib/time.ts';

/** A job as the usage-history API accepts it. Times are local times of one zone, without an offset. */
export type HistoryRecord = {
  readonly JobID: string;
  /** The number of a task of a Slurm array, or of a component, which samples have. The ingest API ignores it. */
  readonly JobIDRaw?: string;
  readonly User: string;
  readonly Account: string;
  readonly Partition: string;
  readonly State: string;
  readonly Submit: string;
  /** Null if the job never started. */
  readonly Start: string | null;
  readonly End: string;
  readonly QOS: string | null;
  readonly NodeList: string | null;
  readonly CPUHours: number;
  readonly GPUHours: number;
  readonly AllocCPUS: number;
  readonly AllocGPUS: number;
  readonly AllocNodes: number;
  /** The number of a run that was requeued, if `JobID` does not contain it. Only the receiver reads it. */
  readonly Run?: number;
};

/**
 * Makes the record of a job. In the hour that repeats when the clocks go back, an end can look earlier than its start.
 * The end then becomes the start, so that no job ends before it starts.
 */
export function recordOf(job: FinishedJob, timeZone: string): HistoryRecord {
  const shown = (seconds: number) => clockTime(new Date(seconds * 1000), timeZone);
  const submit = shown(job.submitted);
  const start = job.started === null ? null : notBefore(shown(job.started), submit, job.started >= job.submitted);
  const end = notBefore(shown(job.ended), start ?? submit, job.ended >= (job.started ?? job.submitted));
  const hours = job.elapsed / 3600;
  return {
    JobID: job.id,
    ...(/^\d+[_+]/.test(job.id) && { JobIDRaw: String(job.rawId) }),
    User: job.user,
    Account: job.account,
    Partition: job.partition,
    State: job.state,
    Submit: submit,
    Start: start,
    End: end,
    QOS: job.qos,
    NodeList: job.nodeList,
    CPUHours: job.charged === null ? hours * job.cpus : job.charged.cpuSeconds / 3600,
    GPUHours: job.charged === null ? hours * job.gpus : job.charged.gpuSeconds / 3600,
    AllocCPUS: job.cpus,
    AllocGPUS: job.gpus,
    AllocNodes: job.nodes,
    ...(job.run === null ? {} : { Run: job.run }),
  };
}

function notBefore(time: string, earlier: string, isLater: boolean): string {
  return isLater && time < earlier ? earlier : time;
}
