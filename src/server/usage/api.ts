import { counted } from '../../lib/text.ts';
import { type Account, requireScope } from '../auth/caller.ts';
import { type Answered, json } from '../http/answer.ts';
import { type BodyLimits, readBody } from '../http/body.ts';
import { idempotencyKey } from '../http/idempotency-key.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import { storeOnce } from '../store/deliveries.ts';
import { clusterStatistics, listClusters, storeJobs } from '../store/jobs.ts';
import type { Store } from '../store/port.ts';
import { canonicalTimestamp, timestampOf } from '../timestamp.ts';
import { readBatch } from './batch.ts';
import { refused } from './fault.ts';
import { fields } from './records.ts';

const columns = fields.map((field) => field.column);

/** Returns the handler that stores finished jobs. */
export function postJobs(store: Store, limits: BodyLimits) {
  return async ({ request, url }: Call, holder: Account): Promise<Answered> => {
    const key = idempotencyKey(request.headers);
    const bytes = await readBody(request, limits, 'taken');
    const { hostname, jobs } = await readBatch(bytes, (cluster) => requireScope(holder, `write:${cluster}`));
    const delivery = { path: url.pathname, user: holder.name, bytes, key, receivedAt: new Date() };
    const { answer, replayed } = await storeOnce(store, delivery, async (writer) => {
      const receivedAt = timestampOf(delivery.receivedAt);
      await storeJobs(writer, { cluster: hostname, columns, rows: jobs, receivedAt, receivedFrom: holder.name });
      return { answer: answerTo(hostname, jobs.length), replayed: false };
    });
    const what = `${counted(jobs.length, 'job')} of ${hostname}`;
    const note = `${holder.name}, ${what}, ${bytes.byteLength} bytes${replayed ? ', was here before' : ''}`;
    return { response: json(200, answer), note };
  };
}

/** Returns the handler that says which clusters have jobs. Agents call it first, without a key. */
export function getHealth(store: Store) {
  return async (): Promise<Answered> => {
    const hostnames = await listClusters(store);
    const timestamp = timestampOf(new Date());
    return answered({ status: 'healthy', timestamp, data_loaded: hostnames.length > 0, hostnames });
  };
}

/** Returns the handler that sums up the jobs of a cluster. */
export function getStatistics(store: Store) {
  return async ({ url, parameters }: Call): Promise<Answered> => {
    const cluster = parameters.cluster ?? '';
    const statistics = await clusterStatistics(store, cluster, {
      start: dayParameter(url.searchParams, 'start_date'),
      end: dayParameter(url.searchParams, 'end_date'),
    });
    if (!statistics) throw new RequestProblem(404, `Cluster ${cluster} not found`);
    return answered(statistics);
  };
}

function answerTo(hostname: string, jobs: number): string {
  return JSON.stringify({
    success: true,
    message: `Successfully ingested ${jobs} jobs for ${hostname}`,
    jobs_processed: jobs,
    hostname,
  });
}

function answered(value: unknown): Answered {
  return { response: json(200, JSON.stringify(value)) };
}

/** @throws RequestProblem 422 if the parameter is not a date */
function dayParameter(query: URLSearchParams, name: string): string | null {
  const day = query.get(name);
  if (day === null || day === '') return null;
  if (/^\d{4}-\d{2}-\d{2}$/.test(day) && canonicalTimestamp(day) !== null) return day;
  throw refused({ type: 'date_parsing', msg: 'Input should be a valid date, as 2026-11-20' }, ['query', name], day);
}
