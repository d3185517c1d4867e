import type { z } from 'zod';
import type { UsageClient } from '../auth/access.ts';
import { ownNameOnly } from '../auth/caller.ts';
import { type Answered, json } from '../http/answer.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import type { Store } from '../store/port.ts';
import type { jobListSchema } from './answers.ts';
import type { JobPage, ListPlace } from './job-list.ts';
import { questionOf } from './query-api.ts';
import { membersOf } from './query-request.ts';
import type { UsageThread } from './thread.ts';

/** The parameters of a query that say nothing about a list of jobs. */
const refused = ['axis', 'by', 'account_levels', 'period', 'measure', 'top', 'compare', 'node', 'software'];

/**
 * Returns the handler that lists jobs. It takes the filters of a query, `limit` (rows of a page) and `after`. A client
 * that must not see names of people gets only the jobs of the user that it is.
 */
export function getJobList(store: Store, thread: UsageThread) {
  return async ({ url, request }: Call, client: UsageClient): Promise<Answered> => {
    const { limit, after, ...members } = membersOf(url.searchParams);
    const wrong = refused.find((name) => name in members);
    if (wrong !== undefined) throw new RequestProblem(400, `${wrong}: is not a parameter of a list of jobs`);
    const size = limitOf(limit);
    const own = ownNameOnly(client, request.headers);
    const asked = await questionOf(store, thread, members, client, request.headers);
    const filter = own === null ? asked.filter : { ...asked.filter, user: [own] };
    const place = placeIn(after, asked.clusters);
    const task = { kind: 'jobs', question: { ...asked, axis: 'ended', filter }, limit: size, after: place } as const;
    const page: JobPage = JSON.parse(await thread.ask(task));
    const list: z.infer<typeof jobListSchema> = {
      ...page,
      jobs: page.jobs.map((job) => ({ ...job, user: job.user === null ? null : client.shownName(job.user) })),
      next: page.next && afterText(page.next),
    };
    return { response: json(200, JSON.stringify(list)) };
  };
}

function limitOf(text: unknown): number {
  if (text === undefined) return 25;
  if (typeof text === 'string' && /^\d{1,4}$/.test(text) && Number(text) > 0 && Number(text) <= 1000)
    return Number(text);
  throw new RequestProblem(400, 'limit: give a number from 1 to 1000');
}

function afterText({ end, submit, cluster, id }: ListPlace): string {
  return [end, submit, cluster, id].join(' ');
}

/** @param clusters those of the list, of which the place must have one */
function placeIn(text: unknown, clusters: readonly string[]): ListPlace | null {
  if (text === undefined) return null;
  const [end = '', submit = '', cluster = '', ...id] = typeof text === 'string' ? text.split(' ') : [];
  const isTime = (one: string) => /^\d{4}-\d\d-\d\dT[\d:.]+$/.test(one);
  if (isTime(end) && isTime(submit) && clusters.includes(cluster)) return { end, submit, cluster, id: id.join(' ') };
  throw new RequestProblem(400, 'after: give the member next of the page before');
}
