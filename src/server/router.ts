import type { ReceiverSettings } from '../config/receiver.ts';
import { about } from '../lib/version.ts';
import type { Auth } from './auth/auth.ts';
import { deleteSession, getSession, postSession } from './auth/session-api.ts';
import { getCollectors } from './collectors/list.ts';
import { getAtom, getBadge, getCalendar, getMotd } from './feeds/api.ts';
import { refuseAsIngest, refuseAsSam } from './http/answer.ts';
import type { BodyLimits } from './http/body.ts';
import { type Api, route } from './http/routing.ts';
import { iriApi } from './iri/routes.ts';
import { getLiveness, getMetrics, getReadiness } from './monitoring/api.ts';
import type { RequestCounts } from './monitoring/request-counts.ts';
import { getOpenApi } from './openapi/document.ts';
import { pageRoutes } from './pages/routes.ts';
import { getSampledJob, postSampledJob } from './sampled/api.ts';
import { getJob } from './sampled/job-api.ts';
import {
  changeOutage,
  deleteOutage,
  getEventsPage,
  getHistory,
  getLatest,
  getOneUserHistory,
  getOutage,
  getOutages,
  getOutagesPage,
  getOverview,
  getReservationHistory,
  getReservations,
  getStates,
  getSystemPage,
  getSystems,
  getUserHistory,
  postOutage,
  postSnapshot,
} from './status/api.ts';
import type { Store } from './store/port.ts';
import { getHealth, getStatistics, postJobs } from './usage/api.ts';
import { getMe, getMetadata, getVersion, postCharts } from './usage/dashboard/api.ts';
import { postFilter } from './usage/dashboard/filter-api.ts';
import type { IngestThread } from './usage/ingest/ingest-thread.ts';
import { getExpectedWait, getOutageCosts, getReport, getUtilisation } from './usage/insights/api.ts';
import { getJobList } from './usage/job-list-api.ts';
import { getUsagePage } from './usage/page-api.ts';
import { getQuery, postQuery } from './usage/query-api.ts';
import type { UsageThread } from './usage/thread.ts';

/** The store, the settings and the services that the handlers use. */
export type RouterParts = Auth & {
  readonly store: Store;
  readonly usage: UsageThread;
  readonly ingest: IngestThread;
  readonly settings: ReceiverSettings;
  readonly counts: RequestCounts;
  readonly limits: { readonly status: BodyLimits; readonly usage: BodyLimits; readonly login: BodyLimits };
  /** The origins whose pages may read below `/api/dashboard/`. */
  readonly origins: ReadonlySet<string>;
};

/** Returns every route of the receiver: method, path, access rule and handler. */
export function apisOf({
  store,
  usage,
  ingest,
  access,
  settings,
  authenticator,
  sessions,
  counts,
  limits,
  origins,
}: RouterParts): Api[] {
  const {
    open,
    visitor,
    reader,
    insider,
    nameReader,
    keyHolder,
    clusterReader,
    usageReader,
    systemWriter,
    outageWriter,
  } = access;
  const status = '/api/v1/status';
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return [
    {
      prefixes: ['/api/data/'],
      refuse: refuseAsIngest,
      notFound: 'Not found',
      notAllowed: () => 'Method Not Allowed',
      origins: null,
      routes: [route('POST', '/api/data/ingest', keyHolder, postJobs(store, ingest, limits.usage))],
    },
    {
      prefixes: ['/api/dashboard/', '/saml/'],
      refuse: refuseAsIngest,
      notFound: 'Not found',
      notAllowed: () => 'Method Not Allowed',
      origins,
      routes: [
        route('GET', '/api/dashboard/health', open, getHealth(store)),
        route('GET', '/api/dashboard/version', open, getVersion(about.version)),
        route('GET', '/api/dashboard/metadata', usageReader, getMetadata(store, usage)),
        route('GET', '/api/dashboard/stats/:cluster', clusterReader, getStatistics(store, usage)),
        route('POST', '/api/dashboard/charts', usageReader, postCharts(store, usage, limits.usage)),
        route('POST', '/api/dashboard/filter', usageReader, postFilter(store, usage, limits.usage)),
        route('GET', '/saml/me', visitor, getMe()),
      ],
    },
    iriApi(store, settings, access),
    {
      prefixes: ['/'],
      refuse: refuseAsSam,
      notFound: 'Not found',
      notAllowed: (allowed) => `Method not allowed: use ${allowed}`,
      origins: null,
      routes: [
        route('GET', '/healthz', open, getLiveness()),
        route('GET', '/readyz', open, getReadiness(store)),
        route('GET', '/metrics', reader, getMetrics(store, counts)),
        route('POST', '/api/v1/session', open, postSession(authenticator, sessions, limits.login)),
        route('GET', '/api/v1/session', visitor, getSession()),
        route('DELETE', '/api/v1/session', open, deleteSession(sessions)),
        route('POST', `${status}/outage`, outageWriter, postOutage(store, limits.status)),
        route('GET', `${status}/outages`, reader, getOutages(store)),
        route('GET', `${status}/outages/:outage`, reader, getOutage(store)),
        route('PATCH', `${status}/outages/:outage`, outageWriter, changeOutage(store, limits.status)),
        route('DELETE', `${status}/outages/:outage`, outageWriter, deleteOutage(store)),
        route('GET', `${status}/reservations`, reader, getReservations(store)),
        route('POST', `${status}/:system`, systemWriter, postSnapshot(store, limits.status)),
        route('GET', `${status}/:system/latest`, reader, getLatest(store)),
        ...pageRoutes(open, timeZone),
        route('GET', '/status.atom', reader, getAtom(store)),
        route('GET', '/calendar.ics', reader, getCalendar(store)),
        route('GET', '/systems/:system/badge.svg', reader, getBadge(store)),
        route('GET', '/systems/:system/motd.txt', reader, getMotd(store, timeZone)),
        route('GET', '/api/v1/overview', reader, getOverview(store)),
        route('GET', '/api/v1/pages/systems/:system', reader, getSystemPage(store)),
        route('GET', '/api/v1/pages/outages', reader, getOutagesPage(store)),
        route('GET', '/api/v1/pages/events', reader, getEventsPage(store)),
        route('GET', '/api/v1/collectors', insider, getCollectors(store)),
        route('GET', '/api/v1/openapi.json', open, getOpenApi()),
        route('GET', '/api/v1/systems', reader, getSystems(store)),
        route('GET', `${status}/:system/history`, reader, getHistory(store, 'totals')),
        route('GET', `${status}/:system/states`, reader, getStates(store)),
        route('GET', `${status}/:system/users`, nameReader, getUserHistory(store, 'user')),
        route('GET', `${status}/:system/projects`, reader, getUserHistory(store, 'project')),
        route('GET', `${status}/:system/users/:name/history`, nameReader, getOneUserHistory(store, 'user')),
        route('GET', `${status}/:system/projects/:name/history`, reader, getOneUserHistory(store, 'project')),
        route('GET', `${status}/:system/queues/:name/history`, reader, getHistory(store, 'queue')),
        route('GET', `${status}/:system/node-types/:name/history`, reader, getHistory(store, 'node_type')),
        route('GET', `${status}/:system/login-nodes/:name/history`, reader, getHistory(store, 'login_node')),
        route('GET', `${status}/:system/filesystems/:name/history`, reader, getHistory(store, 'filesystem')),
        route('GET', `${status}/:system/reservations/:name/history`, reader, getReservationHistory(store)),
        route('POST', '/:job/:sample', keyHolder, postSampledJob(store, limits.usage)),
        route('GET', '/api/v1/jobs/:cluster/:job/software', clusterReader, getSampledJob(store)),
        route('GET', '/api/v1/jobs/:cluster/:id', usageReader, getJob(store)),
        route('GET', '/api/v1/usage/query', usageReader, getQuery(store, usage)),
        route('POST', '/api/v1/usage/query', usageReader, postQuery(store, usage, limits.status)),
        route('GET', '/api/v1/usage/jobs', usageReader, getJobList(store, usage)),
        route('GET', '/api/v1/usage/page', usageReader, getUsagePage(store, usage)),
        route('GET', '/api/v1/usage/utilisation', usageReader, getUtilisation(store, usage)),
        route('GET', '/api/v1/usage/expected-wait', usageReader, getExpectedWait(store, usage)),
        route('GET', '/api/v1/usage/outages', usageReader, getOutageCosts(store, usage)),
        route('GET', '/api/v1/usage/report', usageReader, getReport(store, usage)),
      ],
    },
  ];
}
