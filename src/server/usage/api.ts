import { counted } from '../../lib/text.ts';
import type { Account } from '../auth/caller.ts';
import { notingRefusals, streamOf } from '../collectors/streams.ts';
import { type Answered, json } from '../http/answer.ts';
import { type BodyLimits, bytesOf, type ReceivedBody, receiveBody } from '../http/body.ts';
import { idempotencyKey } from '../http/idempotency-key.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import { allClusters, clusterNamed } from '../store/clusters.ts';
import { type Stored, sha256Of } from '../store/deliveries.ts';
import type { Store } from '../store/port.ts';
import { timestampOf } from '../timestamp.ts';
import type { Answer } from './engine/answer.ts';
import { everything } from './engine/filter.ts';
import { refused } from './fault.ts';
import type { IngestThread } from './ingest/ingest-thread.ts';
import type { ReadBody } from './ingest/messages.ts';
import { readJobs, storeBatch } from './ingest/store-batch.ts';
import { isDate } from './query-request.ts';
import type { ClusterNames } from './tasks.ts';
import type { UsageThread } from './thread.ts';

/** Larger bodies than this, of about a thousand jobs, would keep other requests waiting: a thread reads and stores them. */
const largeBytes = 256 * 1024;
/** The size of such a body in gzip: jobs become a tenth. */
const largeGzipBytes = largeBytes / 10;

/** Returns the handler that stores finished jobs. */
export function postJobs(store: Store, thread: IngestThread, limits: BodyLimits) {
  const handle = async ({ request, url }: Call, holder: Account): Promise<Answered> => {
    const key = idempotencyKey(request.headers);
    const received = await receiveBody(request, limits, 'taken');
    const deliveryOf = (hostname: string) => ({
      ...{ path: url.pathname, user: holder.name, key, receivedAt: new Date() },
      stream: streamOf(request.headers, 'jobs', hostname),
    });
    const answered = ({ hostname, jobs, length }: ReadBody, { answer, replayed }: Stored): Answered => {
      const what = `${counted(jobs, 'job')} of ${hostname}`;
      const note = `${holder.name}, ${what}, ${length} bytes${replayed ? ', was here before' : ''}`;
      return { response: json(200, answer), note };
    };
    const inThread = (body: ReceivedBody) =>
      thread.ingest(body, limits.maxBytes, holder, async (read, save) =>
        answered(read, await store.elsewhere(() => save(deliveryOf(read.hostname)))),
      );
    if (received.length > (received.isGzip ? largeGzipBytes : largeBytes)) return inThread(received);
    const bytes = await bytesOf(received, limits.maxBytes);
    const length = bytes.byteLength;
    if (length > largeBytes) return inThread({ pieces: [bytes], length, isGzip: false });
    const batch = await readJobs(bytes, holder);
    const stored = await storeBatch(store, batch, { ...deliveryOf(batch.hostname), sha256: sha256Of(bytes) });
    return answered({ hostname: batch.hostname, jobs: batch.jobs.length, length }, stored);
  };
  return notingRefusals(store, 'jobs', handle);
}

/** Returns the handler that says which clusters have jobs. Agents call it first, without a key. */
export function getHealth(store: Store) {
  return async (): Promise<Answered> => {
    const hostnames = (await allClusters(store)).map(({ name }) => name);
    const timestamp = timestampOf(new Date());
    return answered({ status: 'healthy', timestamp, data_loaded: hostnames.length > 0, hostnames });
  };
}

/** Returns the handler that sums up the jobs of a cluster that were submitted in a window. */
export function getStatistics(store: Store, thread: UsageThread) {
  return async ({ url, parameters }: Call): Promise<Answered> => {
    const cluster = parameters.cluster ?? '';
    const [from, to] = [dayParameter(url.searchParams, 'start_date'), dayParameter(url.searchParams, 'end_date')];
    if ((await clusterNamed(store, cluster)) === null) throw new RequestProblem(404, `Cluster ${cluster} not found`);
    const question = {
      clusters: [cluster],
      axis: 'submitted',
      from,
      to,
      by: null,
      levels: 0,
      period: null,
      measures: ['jobs', 'users', 'cpu_hours', 'gpu_hours'],
      top: null,
      filter: everything,
      sizes: null,
      nodes: null,
      software: null,
      compare: false,
    } as const;
    const { total }: Answer = JSON.parse(await thread.ask({ kind: 'question', question }));
    const [names]: ClusterNames[] = JSON.parse(await thread.ask({ kind: 'names', clusters: [cluster], from, to }));
    return answered({
      hostname: cluster,
      total_jobs: total.jobs,
      total_cpu_hours: total.cpu_hours,
      total_gpu_hours: total.gpu_hours,
      total_users: total.users,
      partitions: names?.names.partition ?? [],
    });
  };
}

function answered(value: unknown): Answered {
  return { response: json(200, JSON.stringify(value)) };
}

/**
 * Returns a date of a query string, null if it is absent.
 * @throws RequestProblem 422 if the parameter is not a date
 */
export function dayParameter(query: URLSearchParams, name: string): string | null {
  const day = query.get(name);
  if (day === null || day === '') return null;
  if (isDate(day)) return day;
  throw refused({ type: 'date_parsing', msg: 'Input should be a valid date, as 2026-11-20' }, ['query', name], day);
}
