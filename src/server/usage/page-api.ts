import type { UsageClient } from '../auth/access.ts';
import { type Answered, json } from '../http/answer.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import { clusterNamed } from '../store/clusters.ts';
import type { Store } from '../store/port.ts';
import { dayOfDate } from './cluster-clock.ts';
import type { Answer } from './engine/answer.ts';
import { type ClusterUtilisation, utilisationIn } from './insights/utilisation.ts';
import type { PageAnswers } from './page.ts';
import { questionOf, withShownNames } from './query-api.ts';
import { membersOf } from './query-request.ts';
import type { UsageThread } from './thread.ts';

/** Everything that the usage page shows, or why there is nothing to show. */
export type UsagePage =
  | (Omit<PageAnswers, 'hours'> & {
      /** Null if a filter leaves out jobs, or if the window has too many days. */
      readonly utilisation: readonly ClusterUtilisation[] | null;
    })
  | { readonly problem: string };

/**
 * Returns the handler that answers everything that the usage page shows, to the question of the query string. A question
 * that `query` refuses with 422 is answered with the reason: to open the page of a user without jobs is not an error.
 */
export function getUsagePage(store: Store, thread: UsageThread) {
  return async (call: Call, client: UsageClient): Promise<Answered> => {
    const page = await pageFor(store, thread, call, client).catch((error: unknown): UsagePage => {
      if (error instanceof RequestProblem && error.status === 422) return { problem: error.message };
      throw error;
    });
    return { response: json(200, JSON.stringify(page)) };
  };
}

async function pageFor(
  store: Store,
  thread: UsageThread,
  { url, request }: Call,
  client: UsageClient,
): Promise<UsagePage> {
  const question = await questionOf(store, thread, membersOf(url.searchParams), client, request.headers);
  const { usage, hours, ...divided }: PageAnswers = JSON.parse(await thread.ask({ kind: 'page', question }));
  const shown = question.by === 'user' ? withShownNames(usage, client) : usage;
  const utilisation = hours === null ? null : await utilisationOfClusters(store, usage, hours);
  return { usage: shown, ...divided, utilisation };
}

async function utilisationOfClusters(store: Store, usage: Answer, hours: Answer): Promise<ClusterUtilisation[]> {
  const window = { from: dayOfDate(usage.from), until: dayOfDate(usage.to) + 1 };
  const answers: ClusterUtilisation[] = [];
  for (const { name } of usage.clusters) {
    const cluster = await clusterNamed(store, name);
    const series = hours.groups.find((group) => group.name === name)?.series ?? null;
    if (cluster !== null) answers.push(await utilisationIn(store, cluster, window, usage.period, series));
  }
  return answers;
}
