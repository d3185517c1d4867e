import type { z } from 'zod';
import type { UsageClient } from '../auth/access.ts';
import { ownNameOnly } from '../auth/caller.ts';
import { type Answered, json } from '../http/answer.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import { allClusters } from '../store/clusters.ts';
import { placeOf } from '../store/job-list.ts';
import type { Store } from '../store/port.ts';
import type { jobListSchema } from './answers.ts';
import { dayOfDate } from './cluster-clock.ts';
import type { Answer } from './engine/answer.ts';
import type { UsageWindow } from './engine/periods.ts';
import type { Question } from './engine/question.ts';
import { type ListedJob, type ListPlace, listJobs } from './job-list.ts';
import { jobRunOf } from './job-run.ts';
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
    const [rows, place] = [limitOf(limit), placeIn(after)];
    const own = ownNameOnly(client, request.headers);
    const asked = await questionOf(store, thread, members, client, request.headers);
    const filter = own === null ? asked.filter : { ...asked.filter, user: [own] };
    const question: Question = { ...asked, axis: 'ended', filter };
    const ask = async (one: Question): Promise<Answer> =>
      JSON.parse(await thread.ask({ kind: 'question', question: one }));
    const { from, to, total, series, periods } = await ask({ ...question, period: 'year' });
    const window = { from: dayOfDate(from), until: dayOfDate(to) + 1 };
    const years = periods.flatMap(({ start, end }, index) =>
      series?.jobs?.[index] === 0 ? [] : inside(window, start, end),
    );
    const clusters = (await allClusters(store)).filter(({ name }) => question.clusters.includes(name));
    const jobs: ListedJob[] = [];
    let next: string | null = null;
    for await (const job of listJobs(store, ask, question, clusters, years.reverse(), place)) {
      const before = jobs.at(-1);
      if (before && jobs.length === rows) {
        next = afterText(before);
        break;
      }
      jobs.push(job);
    }
    const list: z.infer<typeof jobListSchema> = {
      from,
      to,
      total: typeof total.jobs === 'number' ? total.jobs : 0,
      jobs: jobs.map(({ cluster, clock, job }) => ({ cluster, ...jobRunOf(job, clock, client.shownName) })),
      next,
    };
    return { response: json(200, JSON.stringify(list)) };
  };
}

function inside(window: UsageWindow, start: string, end: string): UsageWindow {
  return { from: Math.max(window.from, dayOfDate(start)), until: Math.min(window.until, dayOfDate(end) + 1) };
}

function limitOf(text: unknown): number {
  if (text === undefined) return 25;
  if (typeof text === 'string' && /^\d{1,4}$/.test(text) && Number(text) > 0 && Number(text) <= 1000)
    return Number(text);
  throw new RequestProblem(400, 'limit: give a number from 1 to 1000');
}

function afterText({ cluster, job }: ListedJob): string {
  const { end, submit, id } = placeOf(job);
  return [end, submit, cluster, id].join(' ');
}

function placeIn(text: unknown): ListPlace | null {
  if (text === undefined) return null;
  const [end = '', submit = '', cluster = '', ...id] = typeof text === 'string' ? text.split(' ') : [];
  const isTime = (one: string) => /^\d{4}-\d\d-\d\dT[\d:.]+$/.test(one);
  if (isTime(end) && isTime(submit) && cluster !== '') return { end, submit, cluster, id: id.join(' ') };
  throw new RequestProblem(400, 'after: give the member next of the page before');
}
