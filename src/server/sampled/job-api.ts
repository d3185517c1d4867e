import { type MeasuredJob, sampledJobSchema } from '../../lib/sampled-job.ts';
import { printable } from '../../lib/text.ts';
import type { UsageClient } from '../auth/access.ts';
import { ownNameOnly } from '../auth/caller.ts';
import { type Answered, json } from '../http/answer.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import { clusterNamed } from '../store/clusters.ts';
import { idInSamples, runsOfJob, type StoredJob } from '../store/jobs.ts';
import type { Store } from '../store/port.ts';
import { type StoredNode, sampledNodes } from '../store/sampled-jobs.ts';
import type { ClusterClock } from '../usage/cluster-clock.ts';
import { jobRunOf } from '../usage/job-run.ts';
import { clockOf } from '../usage/segments/rebuild.ts';
import type { Job } from './answers.ts';
import { measuredOf } from './measured.ts';
import { shownSoftware } from './software.ts';

/** Returns the handler that answers the runs of a job, and what its processes used if they were sampled. */
export function getJob(store: Store) {
  return async ({ parameters, request }: Call, client: UsageClient): Promise<Answered> => {
    const { cluster = '', id = '' } = parameters;
    const own = ownNameOnly(client, request.headers);
    // The same reads for every cluster, so that the time of the answer does not show which ones exist.
    const found = await clusterNamed(store, cluster);
    const runs = await runsOfJob(store, cluster, id);
    const samples = await samplesOf(store, cluster, [{ job_id: id, raw_id: null }, ...runs]);
    const mayRead = client.mayReadCluster(cluster);
    const shownRuns = runs.filter(({ user }) => mayRead && (own === null || user === own));
    const shownSamples = samples.filter(({ user }) => mayRead && (own === null || user === own));
    if (shownRuns.length === 0 && shownSamples.length === 0) {
      throw new RequestProblem(
        404,
        `There is no job ${printable(id, 60)} on ${printable(cluster, 60)} that you may see`,
      );
    }
    const clock = clockOf(found ?? { timeZone: 'UTC', storedTimes: 'utc' });
    const times = shownRuns.map((run) => timesOf(run, clock));
    const measured =
      shownSamples.length === 0
        ? null
        : measuredOf(
            shownSamples.map(({ job }) => job),
            times,
          );
    const name = shownRuns[0]?.user ?? shownSamples[0]?.user ?? '';
    const answer: Job = {
      cluster,
      job_id: id,
      runs: shownRuns.map((run) => jobRunOf(run, clock, client.shownName)),
      measured: measured && shownSoftware(measured, name, client),
    };
    return { response: json(200, JSON.stringify(answer)) };
  };
}

type Sample = { readonly user: string | null; readonly job: MeasuredJob };

async function samplesOf(
  store: Store,
  cluster: string,
  jobs: readonly Pick<StoredJob, 'job_id' | 'raw_id'>[],
): Promise<Sample[]> {
  const nodes: StoredNode[] = [];
  for (const id of new Set(jobs.map(idInSamples))) nodes.push(...(await sampledNodes(store, cluster, id)));
  return nodes.flatMap((stored) => {
    const job = parsed(stored);
    return job === null ? [] : [{ user: job['sams.sampler.SlurmInfo']?.username ?? null, job }];
  });
}

function parsed({ body }: StoredNode): MeasuredJob | null {
  return sampledJobSchema.safeParse(JSON.parse(body)).data ?? null;
}

function timesOf({ start, end, cpus, nodes }: StoredJob, clock: ClusterClock) {
  const [from, to] = [start === null ? null : clock.timeOf(start), end === null ? null : clock.timeOf(end)];
  return { start: from, end: to, cpus, nodes };
}
