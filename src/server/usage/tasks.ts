import type { SoftwareRuleSettings } from '../../config/software-rules.ts';
import type { Location } from '../store/open.ts';
import type { Reader } from '../store/port.ts';
import { dateOfDay } from './cluster-clock.ts';
import { type ChartWindows, chartsOf, filterOf } from './dashboard/charts.ts';
import type { FilterRequest } from './dashboard/request.ts';
import { type Answer, answerQuestion, needsOf } from './engine/answer.ts';
import type { Loaded, Needs, SegmentCache } from './engine/loaded.ts';
import { type Names, namesIn } from './engine/names.ts';
import type { UsageWindow } from './engine/periods.ts';
import type { Question } from './engine/question.ts';
import { refusePartition, refuseUnknownNames } from './engine/unknown-names.ts';
import { rangeOf, windowOf } from './engine/window.ts';
import { type ExpectedWait, expectedWait, firstWaitDay, type WaitQuestion } from './insights/expected-wait.ts';
import { costsOf, type OutageCost, type Span } from './insights/outage-cost.ts';
import { type JobListQuestion, jobPage } from './job-list.ts';
import { answerDivided, needsOfPage, type PageAnswers, questionOfHours } from './page.ts';

/** What the thread does. Clusters that never had jobs are left out of every answer. */
export type UsageTask =
  | { readonly kind: 'question' | 'page'; readonly question: Question }
  | ({ readonly kind: 'jobs' } & JobListQuestion)
  | { readonly kind: 'charts' | 'totals'; readonly request: FilterRequest }
  | { readonly kind: 'wait'; readonly question: WaitQuestion }
  | { readonly kind: 'costs'; readonly cluster: string; readonly spans: readonly Span[] }
  | {
      readonly kind: 'names';
      readonly clusters: readonly string[];
      readonly from: string | null;
      readonly to: string | null;
    };

/** A message to the thread: first the database and the rules for software, then tasks. */
export type UsageMessage =
  | { readonly kind: 'open'; readonly location: Location; readonly rules: SoftwareRuleSettings }
  | { readonly kind: 'task'; readonly task: UsageTask };

/** The names of a cluster in a window, and the first and the last day of submission of all its jobs. */
export type ClusterNames = {
  readonly cluster: string;
  readonly names: Names;
  readonly first: string | null;
  readonly last: string | null;
};

/**
 * Does a task and returns the answer.
 * @throws RequestProblem if it is wrong
 */
export async function tasks(cache: SegmentCache, reader: Reader, task: UsageTask): Promise<unknown> {
  switch (task.kind) {
    case 'question':
      return answerTo(cache, reader, task.question);
    case 'page':
      return pageTo(cache, reader, task.question);
    case 'jobs':
      return jobPage(reader, (question) => answerTo(cache, reader, question), task);
    case 'charts':
      return chartsTo(cache, reader, task.request);
    case 'totals':
      return totalsOf(cache, reader, task.request);
    case 'wait':
      return waitTo(cache, reader, task.question);
    case 'costs':
      return costsTo(cache, task.cluster, task.spans);
    case 'names':
      return namesOf(cache, reader, task);
  }
}

async function answerTo(cache: SegmentCache, reader: Reader, question: Question): Promise<Answer> {
  return useJobsOf(question, cache, reader, (window) => needsOf([question], window), answerQuestion);
}

async function pageTo(cache: SegmentCache, reader: Reader, question: Question): Promise<PageAnswers> {
  const answers = await useJobsOf(question, cache, reader, (window) => needsOfPage(question, window), answerDivided);
  const hours = questionOfHours(question, answers.usage);
  return { ...answers, hours: hours && (await answerTo(cache, reader, hours)) };
}

async function useJobsOf<Result>(
  question: Question,
  cache: SegmentCache,
  reader: Reader,
  needs: (window: UsageWindow) => Needs,
  answer: (question: Question, clusters: readonly Loaded[], window: UsageWindow) => Result,
): Promise<Result> {
  let window = windowOf(question.from, question.to, null);
  return cache.use(
    question.clusters,
    async (clusters) => {
      window = windowOf(question.from, question.to, await rangeOf(reader, clusters, question.axis));
      refuseUnknownNames(question, clusters);
      return needs(window);
    },
    (clusters) => answer(question, clusters, window),
  );
}

async function chartsTo(cache: SegmentCache, reader: Reader, request: FilterRequest): Promise<unknown> {
  let windows: ChartWindows | null = null;
  return cache.use(
    [request.hostname],
    async (clusters) => {
      windows = await chartWindows(reader, clusters, request);
      const [from, until] = [windows.submitted.from, windows.ran.until];
      return { from: Math.min(from, windows.ran.from), until, parts: ['columns', 'node_lists'] };
    },
    ([loaded]) => loaded && windows && chartsOf(request, loaded, windows),
  );
}

/** The windows end where the data end: the original shows no period without jobs. */
async function chartWindows(
  reader: Reader,
  clusters: readonly Loaded[],
  { from, to }: FilterRequest,
): Promise<ChartWindows> {
  const [submitted, ran] = [await rangeOf(reader, clusters, 'submitted'), await rangeOf(reader, clusters, 'ran')];
  const asked = windowOf(from, to, submitted);
  return {
    submitted: common(asked, submitted),
    ran: common({ from: asked.from, until: to === null ? (ran?.until ?? asked.until) : asked.until }, ran),
    days: asked.until - asked.from,
  };
}

function common(asked: UsageWindow, range: UsageWindow | null): UsageWindow {
  if (range === null) return { from: asked.from, until: asked.from };
  const from = Math.max(asked.from, range.from);
  return { from, until: Math.max(from, Math.min(asked.until, range.until)) };
}

/** Returns the totals of the jobs that were submitted in the window of a request. */
async function totalsOf(cache: SegmentCache, reader: Reader, request: FilterRequest): Promise<Pick<Answer, 'total'>> {
  const { hostname, from, to } = request;
  let window = windowOf(from, to, null);
  const measures = ['jobs', 'users', 'cpu_hours', 'gpu_hours'] as const;
  const rest = {
    by: null,
    levels: 0,
    period: null,
    top: null,
    sizes: null,
    nodes: null,
    software: null,
    compare: false,
  };
  const filter = filterOf(request);
  const question = { clusters: [hostname], axis: 'submitted', from, to, measures, filter, ...rest } as const;
  return cache.use(
    [hostname],
    async (clusters) => {
      window = windowOf(from, to, await rangeOf(reader, clusters, 'submitted'));
      return needsOf([question], window);
    },
    (clusters) => ({ total: answerQuestion(question, clusters, window).total }),
  );
}

async function waitTo(cache: SegmentCache, reader: Reader, question: WaitQuestion): Promise<ExpectedWait> {
  let lastDay = 0;
  return cache.use(
    [question.cluster],
    async (clusters) => {
      if (!question.isQueue) refusePartition(question.partition, clusters);
      lastDay = ((await rangeOf(reader, clusters, 'submitted'))?.until ?? 1) - 1;
      return { from: firstWaitDay(lastDay), until: lastDay + 1, parts: ['columns'] };
    },
    ([loaded]) => expectedWait(question, loaded, lastDay),
  );
}

async function costsTo(cache: SegmentCache, cluster: string, spans: readonly Span[]): Promise<OutageCost[]> {
  return cache.use(
    [cluster],
    ([loaded]) => {
      const days = spans.flatMap(({ from, to }) => (loaded ? [loaded.clock.dayOf(from), loaded.clock.dayOf(to)] : []));
      return { from: Math.min(...days), until: Math.max(...days) + 1, parts: ['columns'] };
    },
    ([loaded]) => (loaded ? costsOf(spans, loaded) : []),
  );
}

async function namesOf(
  cache: SegmentCache,
  reader: Reader,
  { clusters, from, to }: Extract<UsageTask, { kind: 'names' }>,
): Promise<ClusterNames[]> {
  const answers: ClusterNames[] = [];
  for (const cluster of clusters) {
    let [window, range] = [windowOf(from, to, null), windowOf(null, null, null)];
    const one = await cache.use(
      [cluster],
      async (loaded) => {
        range = windowOf(null, null, await rangeOf(reader, loaded, 'submitted'));
        window = windowOf(from, to, range);
        return { ...window, parts: ['columns'] };
      },
      ([loaded]) => loaded && namesIn(loaded, window),
    );
    if (!one) continue;
    const isEmpty = range.until === range.from;
    answers.push({
      cluster,
      names: one,
      first: isEmpty ? null : dateOfDay(range.from),
      last: isEmpty ? null : dateOfDay(range.until - 1),
    });
  }
  return answers;
}
