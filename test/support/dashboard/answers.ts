import { emptyHistory, historyOf, peopleOf } from './history-answers.ts';
import { arrayJob, jobsOf, outageCosts, requeuedJob, runningJob, sampledJob, waitOf } from './job-answers.ts';
import { batchSnapshot, hubSnapshot } from './snapshots.ts';
import {
  allOutages,
  collectors,
  openOutages,
  outageInFull,
  reservationHistory,
  reservations,
} from './status-answers.ts';
import { cards } from './system-cards.ts';
import { usageOf, usagePageOf } from './usage-answers.ts';

/** What the receiver answers; the status is 200 if none is given. */
export type Answer = { readonly status?: number; readonly json: unknown };

/** A signed-in operator who may see names and report outages. */
export const operator = {
  user: 'anna',
  scopes: ['read', 'read:names', 'outages'],
  may_read: true,
  is_insider: true,
  sees_names: true,
};

/** A reader outside of the site who has not signed in. */
export const stranger = { user: null, scopes: [], may_read: true, is_insider: false, sees_names: false };

const cardOf = (name: string) => cards.find((card) => card.name === name) ?? null;

/** Returns what the pages of batch systems and hubs show. */
export function systemOf(name: string, query: URLSearchParams) {
  const isHub = name === 'hub';
  return {
    latest: isHub ? hubSnapshot : batchSnapshot,
    system: cardOf(name),
    outages: openOutages.filter(({ system_name }) => system_name.toLowerCase() === name),
    reservations: reservations.filter(({ system_name }) => system_name === name),
    users: isHub ? null : peopleOf(query.get('by') || 'project', query),
    history: isHub ? historyOf('hub') : null,
  };
}

const kinds: Readonly<Record<string, string>> = {
  queues: 'queue',
  'node-types': 'node_type',
  'login-nodes': 'login_node',
  filesystems: 'filesystem',
  users: 'user',
  projects: 'project',
};

type Routes = readonly (readonly [path: RegExp, json: (parts: readonly string[], query: URLSearchParams) => unknown])[];

const routes: Routes = [
  [/^overview$/, () => ({ systems: cards, outages: openOutages, reservations })],
  [/^session$/, () => operator],
  [/^pages\/systems\/(.+)$/, ([name = ''], query) => systemOf(name, query)],
  [/^pages\/outages$/, (_, query) => ({ outages: allOutages, chosen: query.get('id') === '31' ? outageInFull : null })],
  [/^pages\/events$/, () => ({ outages: allOutages, reservations })],
  [/^collectors$/, () => collectors],
  [/^status\/[^/]+\/(user|project)s$/, ([by = ''], query) => peopleOf(by, query)],
  [/^status\/[^/]+\/reservations\/.+\/history$/, () => reservationHistory],
  [/^status\/[^/]+\/queues\/empty\/history$/, () => emptyHistory],
  [/^status\/hub\/history$/, () => historyOf('hub')],
  [/^status\/[^/]+\/history$/, () => historyOf('system')],
  [/^status\/[^/]+\/([^/]+)\/.+\/history$/, ([part = '']) => historyOf(kinds[part] ?? '')],
  [/^status\/outage/, () => ({ success: true })],
  [/^usage\/page$/, (_, query) => usagePageOf(query)],
  [/^usage\/query$/, (_, query) => usageOf(query, query.get('by') ?? '')],
  [/^usage\/jobs$/, (_, query) => jobsOf(query)],
  [/^usage\/expected-wait$/, (_, query) => waitOf(query)],
  [/^usage\/outages$/, () => outageCosts],
  [/^jobs\/derecho\/4711$/, () => sampledJob],
  [/^jobs\/casper\/4709$/, () => requeuedJob],
  [/^jobs\/casper\/4712$/, () => arrayJob],
  [/^jobs\/casper\/99$/, () => runningJob],
];

/** Returns the answer to a request of the dashboard. */
export function answerTo({ pathname, searchParams }: URL): Answer {
  const path = decodeURIComponent(pathname).replace('/api/v1/', '');
  for (const [pattern, json] of routes) {
    const found = pattern.exec(path);
    if (found) return { json: json(found.slice(1), searchParams) };
  }
  return { status: 404, json: { error: `Nothing is known of ${path}` } };
}
