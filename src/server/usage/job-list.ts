import type { z } from 'zod';
import { allClusters, type Cluster } from '../store/clusters.ts';
import { type JobPlace, jobsNewestFirst, placeOf } from '../store/job-list.ts';
import type { StoredJob } from '../store/jobs.ts';
import type { Reader } from '../store/port.ts';
import type { jobListSchema } from './answers.ts';
import { type ClusterClock, dateOfDay, dayOfDate } from './cluster-clock.ts';
import type { Answer } from './engine/answer.ts';
import type { UsageWindow } from './engine/periods.ts';
import type { Question } from './engine/question.ts';
import { jobTest } from './job-filter.ts';
import { jobRunOf } from './job-run.ts';
import { clockOf } from './segments/rebuild.ts';

/** A question for a page of the jobs that ended in a window. Its measure is the number of jobs. */
export type JobListQuestion = {
  readonly question: Question;
  /** The jobs of a page. */
  readonly limit: number;
  /** The place of the last job of the page before; null for the first page. */
  readonly after: ListPlace | null;
};

/** A page of jobs, with the names of users as they are stored. */
export type JobPage = Omit<z.infer<typeof jobListSchema>, 'next'> & { readonly next: ListPlace | null };

/** A finished job of one of several clusters. */
type ListedJob = { readonly cluster: string; readonly clock: ClusterClock; readonly job: StoredJob };

/** The place after which a list goes on: that of a job of a cluster. */
export type ListPlace = JobPlace & { readonly cluster: string };

/** Answers questions from the segments. */
type Ask = (question: Question) => Promise<Answer>;

/**
 * Returns a page of jobs, the newest end first. The segments say which days have such jobs, so that only the rows of
 * these days are read.
 * @throws RequestProblem 422 for a name that no job has
 */
export async function jobPage(reader: Reader, ask: Ask, { question, limit, after }: JobListQuestion): Promise<JobPage> {
  const { from, to, total, series, periods } = await ask({ ...question, period: 'year' });
  const window = { from: dayOfDate(from), until: dayOfDate(to) + 1 };
  const years = periods.flatMap(({ start, end }, index) =>
    series?.jobs?.[index] === 0 ? [] : inside(window, start, end),
  );
  const clusters = (await allClusters(reader)).filter(({ name }) => question.clusters.includes(name));
  const jobs: ListedJob[] = [];
  let next: ListPlace | null = null;
  for await (const listed of listJobs(reader, ask, question, clusters, years.reverse(), after)) {
    const last = jobs.at(-1);
    if (last && jobs.length === limit) {
      next = { ...placeOf(last.job), cluster: last.cluster };
      break;
    }
    jobs.push(listed);
  }
  return {
    from,
    to,
    total: typeof total.jobs === 'number' ? total.jobs : 0,
    jobs: jobs.map(({ cluster, clock, job }) => ({ cluster, ...jobRunOf(job, clock, (user) => user) })),
    next,
  };
}

function inside(window: UsageWindow, start: string, end: string): UsageWindow {
  return { from: Math.max(window.from, dayOfDate(start)), until: Math.min(window.until, dayOfDate(end) + 1) };
}

/** @param years the parts of the window that have jobs of the question, the newest first */
async function* listJobs(
  reader: Reader,
  ask: Ask,
  question: Question,
  clusters: readonly Cluster[],
  years: readonly UsageWindow[],
  after: ListPlace | null,
): AsyncGenerator<ListedJob> {
  const daysOf = daysWithJobs(ask, question);
  const afterTime = after === null ? null : timeOfPlace(after, clusters);
  const lists = clusters.map((cluster) => jobsOfCluster(reader, daysOf, question, cluster, years, after, afterTime));
  yield* newestFirst(lists);
}

function timeOfPlace({ cluster, end }: ListPlace, clusters: readonly Cluster[]): number | null {
  const found = clusters.find(({ name }) => name === cluster);
  return found === undefined ? null : clockOf(found).timeOf(end);
}

type DaysOf = (cluster: string, year: UsageWindow) => Promise<readonly number[]>;

/** Returns the function that finds the days of a year on which jobs of a cluster ended, the newest first. */
function daysWithJobs(ask: Ask, question: Question): DaysOf {
  // One question answers for all clusters.
  const asked = new Map<UsageWindow, Promise<Answer>>();
  return async (cluster, year) => {
    const days = { from: dateOfDay(year.from), to: dateOfDay(year.until - 1) };
    const answer = asked.get(year) ?? ask({ ...question, ...days, by: 'cluster', period: 'day' });
    asked.set(year, answer);
    const { groups, periods } = await answer;
    const jobs = groups.find(({ name }) => name === cluster)?.series?.jobs ?? [];
    return periods.flatMap(({ start }, index) => (jobs[index] === 0 ? [] : dayOfDate(start))).reverse();
  };
}

async function* jobsOfCluster(
  reader: Reader,
  daysOf: DaysOf,
  { filter, sizes }: Question,
  cluster: Cluster,
  years: readonly UsageWindow[],
  after: ListPlace | null,
  afterTime: number | null,
): AsyncGenerator<ListedJob> {
  const clock = clockOf(cluster);
  const passes = jobTest(filter, sizes, cluster.accountSeparator);
  const { name } = cluster;
  const own = after?.cluster === name ? after : null;
  const lastDay = afterTime === null ? Number.POSITIVE_INFINITY : clock.dayOf(afterTime);
  for (const year of years) {
    if (year.from > lastDay) continue;
    for (const day of await daysOf(name, year)) {
      if (day > lastDay) continue;
      const from = clock.leastTextOf(day);
      const next = { end: clock.leastTextOf(day + 1), id: '', submit: '' };
      const before = own !== null && own.end < next.end ? own : next;
      const names = { users: filter.user, accounts: filter.account };
      for await (const job of jobsNewestFirst(reader, { cluster: name, from, before, ...names })) {
        const listed = { cluster: name, clock, job };
        if (passes(job) && !isBefore(listed, after, afterTime)) yield listed;
      }
    }
  }
}

/** True for a job of another cluster that was listed on a page before. */
function isBefore(listed: ListedJob, after: ListPlace | null, afterTime: number | null): boolean {
  if (after === null || afterTime === null || listed.cluster === after.cluster) return false;
  const time = endOf(listed);
  return time > afterTime || (time === afterTime && listed.cluster < after.cluster);
}

/** Merges lists that are in the order of their ends. Of jobs that ended in the same second, the clusters are in order. */
async function* newestFirst(lists: readonly AsyncGenerator<ListedJob>[]): AsyncGenerator<ListedJob> {
  const heads: { list: AsyncGenerator<ListedJob>; job: ListedJob }[] = [];
  const advance = async (list: AsyncGenerator<ListedJob>) => {
    const next = await list.next();
    if (next.done !== true) heads.push({ list, job: next.value });
  };
  for (const list of lists) await advance(list);
  for (;;) {
    heads.sort((one, other) => compare(one.job, other.job));
    const first = heads.shift();
    if (first === undefined) return;
    yield first.job;
    await advance(first.list);
  }
}

function compare(one: ListedJob, other: ListedJob): number {
  return endOf(other) - endOf(one) || (one.cluster < other.cluster ? -1 : 1);
}

function endOf({ clock, job }: ListedJob): number {
  return clock.timeOf(job.end ?? job.submit);
}
