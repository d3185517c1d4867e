import type { UsageClient } from '../../auth/access.ts';
import { loginRequired, type ReadingClient, requireScope } from '../../auth/caller.ts';
import { type Answered, json } from '../../http/answer.ts';
import { type BodyLimits, readBody } from '../../http/body.ts';
import { RequestProblem } from '../../http/problem.ts';
import type { Call } from '../../http/routing.ts';
import { allClusters } from '../../store/clusters.ts';
import type { Store } from '../../store/port.ts';
import { dayParameter } from '../api.ts';
import { readableClusters, storedNames } from '../query-api.ts';
import type { ClusterNames } from '../tasks.ts';
import type { UsageThread } from '../thread.ts';
import { type FilterRequest, readFilterRequest } from './request.ts';

/** Larger than 20,000 filter values. */
const maxFilterBytes = 2 * 1024 * 1024;

/** Returns the handler that names the version, for the foot of the page. */
export function getVersion(version: string) {
  return async (): Promise<Answered> => answered({ version });
}

/**
 * Returns the handler that says who uses the page. Any answer but 200 sends the browser to a login page that the
 * receiver does not have. Administrators may colour by user.
 */
export function getMe() {
  return async (_: Call, client: ReadingClient): Promise<Answered> => {
    const username = client.account?.name ?? 'anonymous';
    return answered({ username, email: null, is_admin: client.seesNames, attributes: {} });
  };
}

/** Returns the handler that lists the names by which the page can filter. */
export function getMetadata(store: Store, thread: UsageThread) {
  return async ({ url }: Call, client: UsageClient): Promise<Answered> => {
    const query = url.searchParams;
    const [from, to] = [dayParameter(query, 'start_date'), dayParameter(query, 'end_date')];
    const asked = query.get('hostname') || null;
    const readable = (await allClusters(store)).map(({ name }) => name).filter(client.mayReadCluster);
    if (asked !== null && !readable.includes(asked)) throw new RequestProblem(404, `Hostname ${asked} not found`);
    const clusters = asked === null ? readable : [asked];
    const lists: ClusterNames[] = JSON.parse(await thread.ask({ kind: 'names', clusters, from, to }));
    const byCluster = <Value>(of: (list: ClusterNames) => Value) =>
      Object.fromEntries(lists.map((list) => [list.cluster, of(list)]));
    const shown = (name: string) => client.shownName(name) ?? [];
    return answered({
      hostnames: lists.map(({ cluster }) => cluster),
      partitions: byCluster(({ names }) => names.partition),
      accounts: byCluster(({ names }) => names.account),
      users: byCluster(({ names }) => names.user.flatMap(shown).sort()),
      qos: byCluster(({ names }) => names.qos),
      states: byCluster(({ names }) => names.state),
      date_ranges: byCluster(({ first, last }) => ({ min_date: first ?? '', max_date: last ?? '' })),
    });
  };
}

/** Returns the handler that answers all charts of the page. */
export function postCharts(store: Store, thread: UsageThread, limits: BodyLimits) {
  return async (call: Call, client: UsageClient): Promise<Answered> => {
    const asked = await readRequest(call, limits, store, thread, client);
    if (asked.colour === 'User') requireNames(client, call.request.headers);
    const text = await thread.ask({ kind: 'charts', request: asked });
    return { response: json(200, asked.colour === 'User' ? withShownNames(text, client) : text) };
  };
}

/**
 * Returns the request of a call, with the names of users as they are stored.
 * @throws RequestProblem 422 for a wrong body or cluster, 401 or 403 for a filter of users without the right to see names
 */
export async function readRequest(
  { request }: Pick<Call, 'request'>,
  limits: BodyLimits,
  store: Store,
  thread: UsageThread,
  client: UsageClient,
): Promise<FilterRequest> {
  const asked = readFilterRequest(await readBody(request, { ...limits, maxBytes: maxFilterBytes }));
  await readableClusters(store, [asked.hostname], client, 'hostname');
  if (asked.users === null) return asked;
  if (asked.users.every((name) => client.shownName(name) === name)) return asked;
  requireNames(client, request.headers);
  return { ...asked, users: await storedNames([asked.hostname], asked.users, thread, client) };
}

function requireNames(client: UsageClient, headers: Headers): void {
  if (client.seesNames) return;
  if (client.account === null) throw loginRequired(headers);
  requireScope(client.account, 'read:names');
}

/** Returns charts by user with the names that the client may see. Only labels of pies and names of series are names. */
function withShownNames(text: string, client: UsageClient): string {
  const shown = (name: unknown) =>
    typeof name === 'string' && !name.startsWith('Others') ? (client.shownName(name) ?? name) : name;
  const charts: Record<string, unknown> = JSON.parse(text);
  for (const [key, chart] of Object.entries(charts)) {
    if (key === 'jobs_by_state' || typeof chart !== 'object' || chart === null || key.endsWith('_stacked')) continue;
    if ('series' in chart && Array.isArray(chart.series)) {
      const series = chart.series.map((one: { name: unknown }) => ({ ...one, name: shown(one.name) }));
      charts[key] = { ...chart, series };
    } else if ('labels' in chart && Array.isArray(chart.labels))
      charts[key] = { ...chart, labels: chart.labels.map(shown) };
  }
  return JSON.stringify(charts);
}

function answered(value: unknown): Answered {
  return { response: json(200, JSON.stringify(value)) };
}
