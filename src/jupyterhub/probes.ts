import type { HubSystem, Utilization } from '../config/hub.ts';
import type { Command, Ending, Executor } from '../exec/command.ts';
import { getCommand, httpExits } from '../exec/http.ts';
import { readLines, readText } from '../exec/read-text.ts';
import {
  Damages,
  type HubUserRecord,
  type NodeTableRecord,
  type Probed,
  type UnavailablePart,
} from '../lib/records.ts';
import { printable } from '../lib/text.ts';
import { parseNodeTable } from '../pbs/node-table.ts';
import { parseMetrics } from './metrics.ts';
import { paginationType, parseUsersPage } from './users.ts';

/** Number of users to request for each page: the default maximum of a hub (`api_page_max_limit`). */
const pageLength = 200;
/** Limits of the whole list, because a faulty hub may announce next pages without end. */
const maxPages = 500;
const maxListBytes = 256 * 1024 ** 2;
/** Time limit of the whole list, as a multiple of the timeout of one request. */
const maxListTime = 4;

/** The outcome of a probe, and whether the hub answers; null if that is not known. */
export type HubProbed<T> = { readonly answers: boolean | null; readonly probed: Probed<T> };

/**
 * Asks the hub for its users that have servers, page by page. The hub is unavailable if it refuses connections, does not
 * answer in time or answers 5xx. If it answered an earlier page, or answers anything else, the probe failed. If its
 * certificate is not trusted, it is not known whether the hub answers: another server may have answered.
 */
export async function probeUsers(
  system: HubSystem,
  executor: Executor,
): Promise<HubProbed<readonly HubUserRecord[] | UnavailablePart>> {
  const users = new Map<string, HubUserRecord>();
  const damaged = new Damages();
  const deadline = Date.now() + maxListTime * system.timeouts.request * 1000;
  let bytes = 0;
  let offset = 0;
  for (let page = 0; ; page++) {
    const answered = page > 0;
    const secondsLeft = (deadline - Date.now()) / 1000;
    if (page === maxPages || bytes > maxListBytes || secondsLeft <= 0) {
      const given = `${users.size} users in ${page} pages, ${bytes} bytes`;
      return failed(true, `the hub's list of users does not end: ${given}`);
    }
    const path = `/hub/api/users?state=active&offset=${offset}&limit=${pageLength}`;
    const result = await readText(executor, hubCommand(system, path, paginationType, secondsLeft));
    if (result.kind === 'failed') {
      const { kind, words } = meaningOf(result.ending, result.reason);
      const reason = `${system.url}: ${words}`;
      if (kind === 'down' && !answered) return { answers: false, probed: done({ unavailable: reason }) };
      return failed(answered || kind === 'refuses' ? true : null, answered ? `${reason} (page ${page + 1})` : reason);
    }
    const found = parseUsersPage(result.text, bytes);
    if (typeof found === 'string') return failed(true, `${system.url}${path} ${found}`);
    bytes += Buffer.byteLength(result.text);
    damaged.include(found.damaged);
    const known = users.size;
    // Count each name once: users change between two pages, and a hub may list a user with two servers on two pages.
    for (const user of found.users) users.set(user.name, user);
    // If the hub does not say whether there is a next page, request it only after a full page with new users.
    const untold = found.length === pageLength && users.size > known ? offset + pageLength : null;
    const next = found.next === undefined ? untold : found.next;
    if (next === null) break;
    if (next <= offset) return failed(true, `the hub's list of users goes back from ${offset} to ${next}`);
    offset = next;
  }
  if (users.size === 0 && damaged.count > 0) {
    return failed(true, `none of ${damaged.count} users could be read: ${damaged.first[0]?.problem}`);
  }
  return { answers: true, probed: { kind: 'done', value: [...users.values()], damaged } };
}

/** Asks the hub for its Prometheus metrics. Returns percentages by the name of the payload's field. */
export async function probeMetrics(system: HubSystem, executor: Executor): Promise<Probed<Record<string, number>>> {
  const result = await readLines(executor, hubCommand(system, '/hub/metrics', 'text/plain', system.timeouts.request));
  if (result.kind === 'failed') {
    return { kind: 'failed', reason: `${system.url}/hub/metrics: ${meaningOf(result.ending, result.reason).words}` };
  }
  const metrics = parseMetrics(result.text);
  const percentages: Record<string, number> = {};
  const missing: string[] = [];
  for (const [field, utilization] of Object.entries(system.metrics)) {
    if (utilization === undefined) continue;
    const value = percentOf(utilization, metrics);
    if (typeof value === 'string') missing.push(value);
    else percentages[field] = value;
  }
  if (missing.length > 0) return { kind: 'failed', reason: `the hub's metrics have no ${missing.join(' and no ')}` };
  return done(percentages);
}

/** Returns a percentage. Returns a string with the name of the metric if it is missing. */
function percentOf(utilization: Utilization, metrics: ReadonlyMap<string, number>): number | string {
  if (typeof utilization === 'string') return metrics.get(utilization) ?? utilization;
  const used = metrics.get(utilization.used);
  const total = metrics.get(utilization.total);
  if (used === undefined) return utilization.used;
  if (total === undefined) return utilization.total;
  return total > 0 ? (used / total) * 100 : `${utilization.total} greater than 0`;
}

/** Runs the command of the configuration that prints a table of nodes. */
export async function probeHubNodes(
  system: HubSystem,
  argv: Command['argv'],
  executor: Executor,
): Promise<Probed<readonly NodeTableRecord[]>> {
  const result = await readLines(executor, {
    argv,
    host: system.nodes_host,
    via: null,
    timeoutSeconds: system.timeouts.command,
    maxOutputBytes: system.max_output_mib.host * 1024 ** 2,
  });
  if (result.kind === 'failed') return result;
  const table = parseNodeTable(result.text);
  if (typeof table === 'string') return { kind: 'failed', reason: `${argv.join(' ')} ${table}` };
  if (table.value.length === 0 && table.damaged.count > 0) {
    return { kind: 'failed', reason: `${argv.join(' ')}: no line could be read: ${table.damaged.first[0]?.problem}` };
  }
  return { kind: 'done', ...table };
}

function hubCommand(system: HubSystem, path: string, accept: string, secondsLeft: number): Command {
  return getCommand(`${system.url}${path}`, accept, {
    timeoutSeconds: Math.min(system.timeouts.request, secondsLeft),
    maxOutputBytes: maxListBytes,
  });
}

/** Returns the state of the hub that a failed request shows, and the remedy. */
function meaningOf(
  ending: Ending,
  reason: string,
): { readonly kind: 'down' | 'refuses' | 'unknown'; readonly words: string } {
  if (ending.kind === 'timed-out') {
    return { kind: 'down', words: `no answer within ${Number(ending.seconds.toFixed(1))} s` };
  }
  if (ending.kind !== 'exited') return { kind: 'unknown', words: reason };
  const words = printable(ending.stderr, 300);
  if (ending.code === httpExits.refused || ending.code === httpExits.lost) return { kind: 'down', words };
  if (ending.code === httpExits.certificate) {
    return { kind: 'unknown', words: `${words}: correct url, or give the site's authority as ca_file` };
  }
  const status = Number(/^HTTP (\d{3})\b/.exec(ending.stderr)?.[1] ?? Number.NaN);
  if (ending.code !== httpExits.status || Number.isNaN(status)) return { kind: 'unknown', words };
  if (status >= 500) return { kind: 'down', words };
  return { kind: 'refuses', words: `${words}${remedies[status] ?? ': check url, and any proxy in front of the hub'}` };
}

const remedies: Readonly<Record<number, string>> = {
  401: ': check JUPYTERHUB_ADMIN_TOKEN',
  403: ': check JUPYTERHUB_ADMIN_TOKEN, and its scopes list:users, read:servers and (for metrics) read:metrics',
  429: ': the hub asks for fewer requests',
};

function failed<T>(answers: boolean | null, reason: string): HubProbed<T> {
  return { answers, probed: { kind: 'failed', reason } };
}

function done<T>(value: T): Probed<T> {
  return { kind: 'done', value, damaged: new Damages() };
}
