import { join } from 'node:path';
import { z } from 'zod';
import { clustersOf, jobsSettings } from '../../config/jobs.ts';
import { replayFrom } from '../../exec/replay.ts';
import type { Context } from '../../run/context.ts';
import { exportHistory } from '../../run/jobs/exporting.ts';
import { answerOf, type DemoReceiver } from './showing.ts';

/** The recorded clusters: their names, their schedulers for people, and the times that were recorded. */
const recorded = [
  { name: 'pbs-cluster', scheduler: 'PBS, accounting log', since: '2026-11-27T00:00Z', until: '2026-11-29T00:00Z' },
  { name: 'slurm-cluster', scheduler: 'Slurm, sacct', since: '2026-11-24T08:00Z', until: '2026-11-24T08:30Z' },
] as const;

const settings = jobsSettings.parse({
  clusters: { 'pbs-cluster': { source: 'pbs-accounting', accounting_path: '/accounting' }, 'slurm-cluster': {} },
});

/** Exports the job history of two recorded clusters to the receiver. */
export async function exportRecordedJobs(recordings: string, context: Context): Promise<void> {
  const executor = replayFrom(join(recordings, 'jobs'));
  for (const { name, since, until } of recorded) {
    const range = { since: new Date(since), until: new Date(until) };
    for (const jobs of clustersOf(settings).filter(({ cluster_name }) => cluster_name === name))
      await exportHistory({ jobs, executor, cluster: name, range, isAgain: false, now: new Date(until) }, context);
  }
}

const statistics = z.object({
  total_jobs: z.number(),
  total_users: z.number(),
  total_cpu_hours: z.number(),
  total_gpu_hours: z.number(),
});

/** Returns the usage of each cluster at the receiver, a line for each. */
export async function usageLines(receiver: DemoReceiver): Promise<string[]> {
  const lines = recorded.map(async ({ name, scheduler }) => {
    const usage = statistics.parse(JSON.parse(await answerOf(receiver, `/api/dashboard/stats/${name}`)));
    const hours = `${usage.total_cpu_hours.toFixed(2)} CPU-hours, ${usage.total_gpu_hours.toFixed(2)} GPU-hours`;
    return `${name.padEnd(13)}  ${usage.total_jobs} jobs of ${usage.total_users} users, ${hours} (${scheduler})`;
  });
  return Promise.all(lines);
}
