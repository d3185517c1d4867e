import { printable } from '../../lib/text.ts';
import type { UsageClient } from '../auth/access.ts';
import { loginRequired, requireScope } from '../auth/caller.ts';
import { type Answered, json } from '../http/answer.ts';
import { type BodyLimits, readBody } from '../http/body.ts';
import { parseJson } from '../http/json.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import { allClusters } from '../store/clusters.ts';
import type { Store } from '../store/port.ts';
import type { Answer } from './engine/answer.ts';
import { readsSoftware } from './engine/collect.ts';
import type { Label } from './engine/grouping.ts';
import type { Question } from './engine/question.ts';
import { membersOf, readQuestion } from './query-request.ts';
import { takeInSamples } from './segments/stale.ts';
import type { ClusterNames } from './tasks.ts';
import type { UsageThread } from './thread.ts';

/** Larger than 20,000 filter values. */
const maxBodyBytes = 2 * 1024 * 1024;

/** Returns the handler that answers a question of the query string. */
export function getQuery(store: Store, thread: UsageThread) {
  return async ({ url, request }: Call, client: UsageClient): Promise<Answered> =>
    answered(store, thread, membersOf(url.searchParams), client, request.headers);
}

/** Returns the handler that answers a question of a JSON body, which can have more filter values than a URL. */
export function postQuery(store: Store, thread: UsageThread, limits: BodyLimits) {
  return async ({ request }: Call, client: UsageClient): Promise<Answered> => {
    const bytes = await readBody(request, { ...limits, maxBytes: maxBodyBytes });
    return answered(store, thread, parseJson(bytes), client, request.headers);
  };
}

/**
 * Returns the clusters that a request names, or all that the client may read.
 * @throws RequestProblem 422 for another one, with those that the client may read
 */
export async function readableClusters(
  store: Store,
  asked: readonly string[] | null,
  client: UsageClient,
  member = 'cluster',
): Promise<readonly string[]> {
  const readable = (await allClusters(store)).map(({ name }) => name).filter(client.mayReadCluster);
  const unknown = asked?.find((name) => !readable.includes(name));
  if (unknown === undefined) return asked === null ? readable : [...new Set(asked)];
  const choices = readable.length === 0 ? 'there are no jobs that you may read' : `give one of ${readable.join(', ')}`;
  throw new RequestProblem(422, `${member}: there is no cluster ${unknown.slice(0, 64)}; ${choices}`);
}

/**
 * Reads the question that a client asks, about the clusters and users that it may read. A question about software waits
 * until its segments have every sample that was stored before.
 * @param members the parameters of a query string, or the members of a JSON object
 * @throws RequestProblem 400, 401, 403 or 422
 */
export async function questionOf(
  store: Store,
  thread: UsageThread,
  members: unknown,
  client: UsageClient,
  headers: Headers,
): Promise<Question> {
  const asked = readQuestion(members);
  const clusters = await readableClusters(store, asked.clusters, client);
  const question = await withUsers({ ...asked, clusters }, thread, client, headers);
  if (readsSoftware(question)) await takeInSamples(store, clusters);
  return question;
}

async function answered(
  store: Store,
  thread: UsageThread,
  members: unknown,
  client: UsageClient,
  headers: Headers,
): Promise<Answered> {
  const question = await questionOf(store, thread, members, client, headers);
  const text = await thread.ask({ kind: 'question', question });
  if (question.by !== 'user') return { response: json(200, text) };
  return { response: json(200, JSON.stringify(withShownNames(JSON.parse(text), client))) };
}

/**
 * Returns the question with the names of users as they are stored. A client that must not see names may ask only for
 * the jobs of the user that it is.
 * @throws RequestProblem 401 or 403
 */
async function withUsers(
  question: Question,
  thread: UsageThread,
  client: UsageClient,
  headers: Headers,
): Promise<Question> {
  const { by, filter } = question;
  if (by !== 'user' && filter.user === null) return question;
  if (client.seesNames) {
    if (filter.user === null || filter.user.every((name) => client.shownName(name) === name)) return question;
    return {
      ...question,
      filter: { ...filter, user: await storedNames(question.clusters, filter.user, thread, client) },
    };
  }
  const own = client.account?.kind === 'user' ? client.account.name : null;
  if (own !== null && (filter.user ?? [own]).every((name) => name === own)) {
    return { ...question, filter: { ...filter, user: [own] } };
  }
  if (client.account === null) throw loginRequired(headers);
  requireScope(client.account, 'read:names');
  return question;
}

/**
 * Returns the stored names that a client sees as the given names, which can be pseudonyms.
 * @throws RequestProblem 422 for a name that the client cannot see. It is the same for a stored name that is shown as a
 *   pseudonym, so that a client cannot find the pseudonym of a name by trying names.
 */
export async function storedNames(
  clusters: readonly string[],
  shown: readonly string[],
  thread: UsageThread,
  client: UsageClient,
): Promise<string[]> {
  const answer: ClusterNames[] = JSON.parse(await thread.ask({ kind: 'names', clusters, from: null, to: null }));
  const byShown = Map.groupBy(
    answer.flatMap(({ names }) => names.user),
    client.shownName,
  );
  const unknown = shown.find((name) => !byShown.has(name));
  if (unknown !== undefined) throw new RequestProblem(422, `No job has the user ${printable(unknown, 60)}`);
  return shown.flatMap((name) => byShown.get(name) ?? []);
}

/** Returns an answer by user with the names that a client may see: pseudonyms, or the name of the client alone. */
export function withShownNames(answer: Answer, client: UsageClient): Answer {
  const shown = (name: Label) => (name === null ? null : client.shownName(name));
  return { ...answer, groups: answer.groups.map((group) => ({ ...group, name: shown(group.name) })) };
}
