import type { UsageClient } from '../../auth/access.ts';
import { type Answered, json } from '../../http/answer.ts';
import { RequestProblem } from '../../http/problem.ts';
import type { Call } from '../../http/routing.ts';
import { readStored } from '../../status/read-snapshot.ts';
import { staleSeconds } from '../../status/state.ts';
import { type Cluster, clusterNamed } from '../../store/clusters.ts';
import { listOutages, type StoredOutageRow } from '../../store/outages.ts';
import type { Store } from '../../store/port.ts';
import { newestSnapshot } from '../../store/snapshots.ts';
import { millisecondsOf, timestampOf } from '../../timestamp.ts';
import { dateOfDay, dayOfDate } from '../cluster-clock.ts';
import type { Answer } from '../engine/answer.ts';
import { everything } from '../engine/filter.ts';
import { type PeriodKind, periodKinds, type UsageWindow } from '../engine/periods.ts';
import { maxUtilisationDays } from '../page.ts';
import { readableClusters } from '../query-api.ts';
import { isDate } from '../query-request.ts';
import { clockOf } from '../segments/rebuild.ts';
import type { UsageThread } from '../thread.ts';
import type { OutageCost } from './outage-cost.ts';
import { type Report, reportPeriod, reportQuestions } from './report.ts';
import { csvOf, htmlOf, reportStyle } from './report-forms.ts';
import { utilisationIn } from './utilisation.ts';

/** Returns the handler that compares the hours that jobs used with the hours that were up. */
export function getUtilisation(store: Store, thread: UsageThread) {
  return async ({ url }: Call, client: UsageClient): Promise<Answered> => {
    const query = url.searchParams;
    const cluster = await clusterOf(store, query, client);
    const window = windowIn(query);
    const kind = periodIn(query);
    const question = {
      ...plainQuestion(cluster.name, window),
      axis: 'ran',
      period: 'day',
      measures: ['cpu_hours', 'gpu_hours'],
    } as const;
    const { series }: Answer = JSON.parse(await thread.ask({ kind: 'question', question }));
    return answered(await utilisationIn(store, cluster, window, kind, series));
  };
}

/** Returns the handler that says how long a job will wait. */
export function getExpectedWait(store: Store, thread: UsageThread) {
  return async ({ url }: Call, client: UsageClient): Promise<Answered> => {
    const query = url.searchParams;
    const cluster = nameIn(query);
    const partition = query.get('partition') ?? '';
    if (partition === '') throw new RequestProblem(400, 'partition: name a partition');
    const queue = client.mayReadCluster(cluster) ? await newestQueue(store, cluster, partition, new Date()) : null;
    // Pages ask about every queue of a system, also if no job of the queue or of the system has been received.
    if (queue === null) await clusterOf(store, query, client);
    const queued = numberIn(query, 'queued') ?? queue?.queued ?? null;
    const cpus = numberIn(query, 'cpus') ?? 1;
    const hours = numberIn(query, 'hours');
    const question = { cluster, partition, cpus, hours, queued, isQueue: queue !== null };
    return { response: json(200, await thread.ask({ kind: 'wait', question })) };
  };
}

/** Returns the handler that says what outages cost. */
export function getOutageCosts(store: Store, thread: UsageThread) {
  return async ({ url }: Call, client: UsageClient): Promise<Answered> => {
    const query = url.searchParams;
    const name = nameIn(query);
    const window = windowIn(query);
    const now = new Date();
    const filter = { system: name, status: null, includeResolved: true, now: timestampOf(now) };
    const all = client.mayReadCluster(name) ? await listOutages(store, filter) : [];
    // Pages ask about every outage, also if no jobs of the system have been received: the costs are not known then.
    const cluster = all.length > 0 ? await clusterNamed(store, name) : await clusterOf(store, query, client);
    const clock = clockOf(cluster ?? { timeZone: 'UTC', storedTimes: 'utc' });
    const [from, until] = [clock.beginOf(window.from), clock.beginOf(window.until)];
    const spanOf = ({ start_time, end_time }: StoredOutageRow) => ({
      from: millisecondsOf(start_time) / 1000,
      to: (end_time === null ? now.getTime() : millisecondsOf(end_time)) / 1000,
    });
    const outages = all.filter((row) => {
      const span = spanOf(row);
      return span.from < until && span.to >= from;
    });
    const task = { kind: 'costs', cluster: name, spans: outages.map(spanOf) } as const;
    const costs: OutageCost[] = cluster === null ? [] : JSON.parse(await thread.ask(task));
    return answered({
      cluster: name,
      outages: outages.map(({ outage_id, title, severity, component, start_time, end_time }, index) => {
        return { outage_id, title, severity, component, start_time, end_time, cost: costs[index] ?? null };
      }),
    });
  };
}

/** Returns the handler that makes the report of a month, quarter or year. */
export function getReport(store: Store, thread: UsageThread) {
  return async ({ url }: Call, client: UsageClient): Promise<Answered> => {
    const query = url.searchParams;
    const { name: cluster } = await clusterOf(store, query, client);
    const period = reportPeriod(query.get('period') ?? '');
    const format = query.get('format') || 'json';
    const parts: Record<string, Answer> = {};
    for (const [part, question] of Object.entries(reportQuestions(cluster, period))) {
      parts[part] = JSON.parse(await thread.ask({ kind: 'question', question }));
    }
    const now = new Date();
    const report = {
      cluster,
      period: period.name,
      complete: Math.floor(now.getTime() / 86_400_000) >= period.window.until,
      generated_at: timestampOf(now).slice(0, 19),
      ...parts,
    } as Report;
    const name = `report_${cluster}_${period.name}`;
    if (format === 'json') return answered(report);
    if (format === 'csv') return { response: file(csvOf(report), 'text/csv; charset=utf-8', `${name}.csv`) };
    if (format === 'html') return { response: page(htmlOf(report)) };
    throw new RequestProblem(400, 'format: give one of json, csv, html');
  };
}

function file(text: string, type: string, name: string): Response {
  const headers = { 'Content-Type': type, 'Content-Disposition': `attachment; filename="${name}"` };
  return new Response(text, { headers: { ...headers, 'Cache-Control': 'no-store' } });
}

function page(html: string): Response {
  const hash = new Bun.CryptoHasher('sha256').update(reportStyle).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy };
  return new Response(html, { headers: { ...headers, 'Cache-Control': 'no-store' } });
}

/** @throws RequestProblem 400 */
function nameIn(query: URLSearchParams): string {
  const name = query.get('cluster') ?? '';
  if (name === '') throw new RequestProblem(400, 'cluster: name a cluster');
  return name;
}

/** @throws RequestProblem 400 without a cluster, 422 for one that the client may not read */
async function clusterOf(store: Store, query: URLSearchParams, client: UsageClient): Promise<Cluster> {
  const name = nameIn(query);
  await readableClusters(store, [name], client);
  const cluster = await clusterNamed(store, name);
  if (cluster === null) throw new RequestProblem(422, `cluster: there is no cluster ${name.slice(0, 64)}`);
  return cluster;
}

/** @throws RequestProblem 400 */
function windowIn(query: URLSearchParams): UsageWindow {
  const [from, to] = ['from', 'to'].map((name) => {
    const text = query.get(name) ?? '';
    if (!isDate(text)) throw new RequestProblem(400, `${name}: give a date, such as 2026-11-20`);
    return dayOfDate(text);
  });
  const window = { from: from ?? 0, until: (to ?? 0) + 1 };
  if (window.until <= window.from) throw new RequestProblem(400, 'from: must not be after to');
  if (window.until - window.from > maxUtilisationDays) {
    throw new RequestProblem(400, `to: give at most ${maxUtilisationDays} days`);
  }
  return window;
}

function periodIn(query: URLSearchParams): PeriodKind | null {
  const text = query.get('period') ?? '';
  if (text === '') return null;
  const kind = periodKinds.find((one) => one === text);
  if (kind) return kind;
  throw new RequestProblem(400, `period: give one of ${periodKinds.join(', ')}`);
}

function numberIn(query: URLSearchParams, name: string): number | null {
  const text = query.get(name) ?? '';
  if (text === '') return null;
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return Number(text);
  throw new RequestProblem(400, `${name}: give a number`);
}

/**
 * Returns the number of jobs that wait in a queue by the newest snapshot, which is null if the snapshot is old. Returns
 * null if the snapshot does not have the queue.
 */
async function newestQueue(
  store: Store,
  cluster: string,
  queue: string,
  now: Date,
): Promise<{ readonly queued: number | null } | null> {
  const stored = await newestSnapshot(store, cluster.toLowerCase());
  const read = stored === null ? null : readStored(stored);
  if (stored === null || read?.kind !== 'batch') return null;
  const found = read.snapshot.queues.find(({ queue_name }) => queue_name === queue);
  if (found === undefined) return null;
  const isStale = now.getTime() - millisecondsOf(stored.timestamp) > staleSeconds * 1000;
  return { queued: isStale ? null : found.pending_jobs };
}

function plainQuestion(cluster: string, window: UsageWindow) {
  return {
    clusters: [cluster],
    from: dateOfDay(window.from),
    to: dateOfDay(window.until - 1),
    by: null,
    levels: 0,
    top: null,
    filter: everything,
    sizes: null,
    nodes: null,
    software: null,
    compare: false,
  };
}

function answered(value: unknown): Answered {
  return { response: json(200, JSON.stringify(value)) };
}
