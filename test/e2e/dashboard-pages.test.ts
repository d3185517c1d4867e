/** All that the pages of the dashboard show, with fixed answers of a receiver, at a fixed time. */

import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { chromiumNeed } from '../support/browser.ts';
import { stranger, systemOf } from '../support/dashboard/answers.ts';
import { historyOf } from '../support/dashboard/history-answers.ts';
import { type Changes, type Pages, startPages } from '../support/dashboard/pages.ts';
import { batchSnapshot, hubSnapshot } from '../support/dashboard/snapshots.ts';
import { limits, openOutages } from '../support/dashboard/status-answers.ts';
import { cards } from '../support/dashboard/system-cards.ts';
import { at } from '../support/dashboard/times.ts';
import { usagePageOf } from '../support/dashboard/usage-answers.ts';
import { describeThat } from '../support/needs.ts';

type Shown = readonly [path: string, changes?: Changes, selector?: string];

const nothing = new URLSearchParams();
const failed = (status: number, json: unknown) => ({ status, json });
const derecho = systemOf('derecho', nothing);
const hub = systemOf('hub', nothing);
const usage = usagePageOf(nothing);
const loginNode = historyOf('login_node');

/** A batch system of which little is known, and whose newest snapshot is eleven minutes old. */
const smallSystem = {
  ...derecho,
  system: null,
  outages: openOutages.slice(2),
  reservations: [],
  users: null,
  latest: {
    ...batchSnapshot,
    ...{ timestamp: at(-11 / 60), collection_failed: [], gpu_nodes_total: 0, viz_nodes_total: null },
    ...{ gpu_count_total: 0, viz_count_total: null, memory_allocated_gb: null, memory_utilization_percent: null },
    ...{ queues: batchSnapshot.queues.slice(6, 7), queue_definitions: null, node_types: null, filesystems: [] },
    user_project_queues: batchSnapshot.user_project_queues?.map((row) => ({ ...row, username: null })),
  },
};

describeThat(chromiumNeed)('the pages of the dashboard', () => {
  let pages: Pages;
  beforeAll(async () => {
    pages = await startPages();
  });
  afterAll(() => pages?.close());
  afterEach(() => expect(pages.problems()).toEqual([]));

  const shown: Readonly<Record<string, Shown>> = {
    overview: ['/'],
    'overview of systems that are up': [
      '/',
      {
        overview: {
          json: {
            systems: [cards[0], cards[0]].map((card, index) => ({ ...card, name: `up${index}` })),
            outages: openOutages.slice(0, 1),
            reservations: [],
          },
        },
      },
      '.summary, .next',
    ],
    'overview of one system': [
      '/',
      { overview: { json: { systems: cards.slice(0, 1), outages: [], reservations: [] } } },
      '.summary, .next',
    ],
    'overview without systems': ['/', { overview: { json: { systems: [], outages: [], reservations: [] } } }],
    'a batch system': ['/systems/derecho'],
    'a batch system by user': [
      '/systems/derecho?by=user&state=pending&metric=nodes&rank=peak',
      {},
      'section:has(#users)',
    ],
    'a batch system of which little is known': [
      '/systems/derecho',
      {
        'pages/systems/derecho': { json: smallSystem },
        'usage/expected-wait': failed(503, { error: 'The database is busy' }),
      },
    ],
    'a hub': ['/systems/hub'],
    'a hub of which little is known': [
      '/systems/hub',
      {
        'pages/systems/hub': {
          json: {
            ...hub,
            history: null,
            latest: {
              ...hubSnapshot,
              available: false,
              active_users: null,
              ...{
                nodes_total: null,
                nodes_free: null,
                nodes_busy: null,
                casper_login_jobs: null,
                casper_batch_jobs: null,
                derecho_batch_jobs: null,
                jobs_running: null,
                cpu_utilization_percent: null,
                gpu_utilization_percent: null,
              },
            },
          },
        },
      },
    ],
    'history of a system': ['/systems/derecho/history?range=7d'],
    'history of a hub': ['/systems/hub/history?field=nodes_free'],
    'history of a queue': ['/systems/derecho/history?of=queues&name=gpu %26 co&range=6h'],
    'history of a node type': ['/systems/derecho/history?of=node-types&name=milan&range=30d'],
    'history of a login node': ['/systems/derecho/history?of=login-nodes&name=login1&range=90d'],
    'history of a filesystem': ['/systems/derecho/history?of=filesystems&name=/scratch&range=1y'],
    'history of a user': [
      '/systems/derecho/history?of=users&name=anna&from=2026-11-20T07:00:00Z&to=2026-11-22T07:00:00Z',
    ],
    'history of a project': ['/systems/derecho/history?of=projects&name=P1&field=gpus_allocated'],
    'history of all users': ['/systems/derecho/history?of=users'],
    'history of all projects': ['/systems/derecho/history?of=projects&state=held&metric=jobs&rank=peak&range=1y'],
    'history of most of a year': [
      '/systems/derecho/history?of=login-nodes&name=login2',
      {
        'status/derecho/login-nodes/login2/history': { json: { ...loginNode, from: at(-160 * 24), step: 20 * 86_400 } },
      },
      '.chart .canvas',
    ],
    'history of the night in which summer time ends': [
      '/systems/derecho/history?of=login-nodes&name=login3',
      {
        'status/derecho/login-nodes/login3/history': {
          json: { ...loginNode, from: '2026-11-01T00:00:00', step: 5400 },
        },
      },
      '.chart .canvas',
    ],
    'history without snapshots': ['/systems/derecho/history?of=queues&name=empty'],
    'history of a reservation': ['/systems/derecho/history?of=reservations&name=R7'],
    outages: ['/outages'],
    'an outage': ['/outages?id=31'],
    'outages without any': [
      '/outages',
      { 'pages/outages': { json: { outages: [], chosen: null } }, session: { json: stranger } },
    ],
    events: ['/events'],
    'events of another month': ['/events?month=2027-02'],
    'events without any': ['/events?month=2026-13', { 'pages/events': { json: { outages: [], reservations: [] } } }],
    usage: ['/usage'],
    'usage in a month': ['/usage/month/2026-02?measure=jobs&by=software&period=week'],
    'usage of an account': [
      '/usage/account/earth %26 sun?range=30d&measure=gpu_hours&period=quarter&partition=main&partition=gpu&state=FAILED',
    ],
    'usage of a user': ['/usage/user/anna?range=all&measure=node_hours&by=size&top=16&period=year'],
    'usage of a cluster by node': ['/usage/cluster/derecho?from=2026-11-01&to=2026-11-07&by=node&software=python'],
    'usage without finished jobs': [
      '/usage?range=7d',
      { 'usage/page': { json: { ...usage, usage: { ...usage.usage, clusters: [] } } } },
    ],
    'usage without jobs of these days': [
      '/usage?range=90d',
      { 'usage/page': { json: { ...usage, usage: { ...usage.usage, total: { jobs: 0 } } } } },
    ],
    'usage with few values': [
      '/usage',
      {
        'usage/page': {
          json: {
            ...usage,
            utilisation: [],
            usage: { ...usage.usage, groups: [], others: null, total: { jobs: 7 }, series: null, previous: null },
          },
        },
      },
    ],
    'usage of a user without jobs': [
      '/usage/user/anna',
      { 'usage/page': { json: { problem: 'No job has the user anna' } } },
    ],
    'usage of an unknown user': [
      '/usage/user/bert',
      { 'usage/page': { json: { problem: 'No job has the user bert' } } },
    ],
    'a sampled job': ['/jobs/derecho/4711'],
    'a job that ran twice': ['/jobs/casper/4709'],
    'a job of an array': ['/jobs/casper/4712'],
    'a job without a record': ['/jobs/casper/99'],
    'an unknown job': ['/jobs/casper/1'],
    collectors: ['/collectors'],
    'lengths of time at the limits of their units': ['/collectors', { collectors: { json: [limits] } }, 'tbody'],
    'collectors without any': ['/collectors', { collectors: { json: [] } }],
    'about the numbers': ['/about'],
    'the form to sign in': ['/sign-in'],
    'a page that needs a login': ['/events', { 'pages/events': failed(401, {}) }],
    'a page that is forbidden': [
      '/events',
      { 'pages/events': failed(403, { detail: 'User anna lacks the scope read.' }) },
    ],
    'a page with a wrong request': ['/events', { 'pages/events': failed(400, { message: 'No such month.' }) }],
    'a page with a fault of the receiver': ['/events', { 'pages/events': failed(500, [7]) }],
    'a path without a page': ['/systems/derecho/nothing'],
  };
  test.each(Object.entries(shown))('%s', async (_, [path, changes, selector]) => {
    expect(await pages.open(path, changes, selector)).toMatchSnapshot();
  });
});
