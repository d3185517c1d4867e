import type { UsageClient } from '../auth/access.ts';
import { type Answered, json } from '../http/answer.ts';
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

/** Returns the handler that answers everything that the usage page shows, to the question of the query string. */
export function getUsagePage(store: Store, thread: UsageThread) {
  return async ({ url, request }: Call, client: UsageClient): Promise<Answered> => {
    const question = await questionOf(store, thread, membersOf(url.searchParams), client, request.headers);
    const { usage, hours, ...divided }: PageAnswers = JSON.parse(await thread.ask({ kind: 'page', question }));
    const shown = question.by === 'user' ? withShownNames(usage, client) : usage;
    const utilisation = hours === null ? null : await utilisationOfClusters(store, usage, hours);
    return { response: json(200, JSON.stringify({ usage: shown, ...divided, utilisation })) };
  };
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
