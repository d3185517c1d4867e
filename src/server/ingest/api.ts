import type { Database } from 'bun:sqlite';
import { counted } from '../../lib/text.ts';
import { type Answered, json, refusal } from '../answered.ts';
import type { Authenticator } from '../authentication.ts';
import { type BodyLimits, readBody } from '../body.ts';
import { type Delivery, idempotencyKey, storeOnce } from '../deliveries.ts';
import { RequestProblem } from '../problem.ts';
import { canonicalTimestamp, timestampOf } from '../timestamp.ts';
import { readBatch } from './batch.ts';
import { allowOrigin, isPreflight, preflightAnswer } from './cors.ts';
import { refused } from './fault.ts';
import { clusterStatistics, listClusters, storeJobs } from './jobs.ts';
import { type KeyRing, requireCluster } from './key-ring.ts';
import { ingestRouteOf } from './routes.ts';

/** What the ingest API works with. */
export type IngestParts = {
  readonly database: Database;
  /** Throws `Unavailable` if the database file was deleted or replaced. */
  readonly requireFiles: () => void;
  readonly authenticator: Authenticator;
  readonly keyRing: KeyRing;
  readonly limits: BodyLimits;
  readonly origins: ReadonlySet<string>;
};

/** Answers a request to the ingest API, whose refusals are `{"detail": …}`. It does not throw. */
export async function answerIngest(parts: IngestParts, request: Request, url: URL): Promise<Answered> {
  const answered = await answer(parts, request, url).catch((error: unknown) => refusal(error, 'detail'));
  allowOrigin(answered.response, request, parts.origins);
  return answered;
}

async function answer(parts: IngestParts, request: Request, url: URL): Promise<Answered> {
  if (isPreflight(request)) return { response: preflightAnswer() };
  const route = ingestRouteOf(request.method, url.pathname);
  parts.requireFiles();
  if (route.kind === 'ingest') return await ingest(parts, request, url.pathname);
  if (route.kind === 'health') return { response: json(200, JSON.stringify(healthOf(parts.database))) };
  await requireReader(parts, request.headers, route.cluster);
  const statistics = clusterStatistics(parts.database, route.cluster, {
    start: dayParameter(url.searchParams, 'start_date'),
    end: dayParameter(url.searchParams, 'end_date'),
  });
  if (!statistics) throw new RequestProblem(404, `Cluster ${route.cluster} not found`);
  return { response: json(200, JSON.stringify(statistics)) };
}

async function ingest(parts: IngestParts, request: Request, path: string): Promise<Answered> {
  const { database, keyRing, limits } = parts;
  // Authenticate before reading the body, so that a sender without rights cannot make the receiver read it.
  const holder = keyRing.holder(request.headers);
  const key = idempotencyKey(request.headers);
  const bytes = await readBody(request, limits, 'taken');
  const batch = await readBatch(bytes, (cluster) => requireCluster(holder, cluster));
  const delivery: Delivery = { path, user: holder.name, bytes, key, receivedAt: new Date() };
  const { answer, replayed } = storeOnce(database, delivery, () => storeJobs(database, batch, delivery));
  // After the commit: a file that was deleted meanwhile does not have the jobs.
  parts.requireFiles();
  const what = `${counted(batch.jobs.length, 'job')} of ${batch.hostname}`;
  const note = `${holder.name}, ${what}, ${bytes.byteLength} bytes${replayed ? ', was here before' : ''}`;
  return { response: json(200, answer), note };
}

/** Agents of the API ask this first, without a key, and give up where it fails. */
function healthOf(database: Database) {
  const hostnames = listClusters(database);
  return { status: 'healthy', timestamp: timestampOf(new Date()), data_loaded: hostnames.length > 0, hostnames };
}

/** Reading takes a key for that cluster, or a user: the API's own server shows everybody who used how much. */
async function requireReader(
  { keyRing, authenticator }: IngestParts,
  headers: Headers,
  cluster: string,
): Promise<void> {
  if (headers.has('x-api-key')) requireCluster(keyRing.holder(headers), cluster);
  else await authenticator.authenticate(headers);
}

/** @throws RequestProblem 422 for what is no day */
function dayParameter(query: URLSearchParams, name: string): string | null {
  const day = query.get(name);
  if (day === null || day === '') return null;
  if (/^\d{4}-\d{2}-\d{2}$/.test(day) && canonicalTimestamp(day) !== null) return day;
  throw refused({ type: 'date_parsing', msg: 'Input should be a valid date, as 2026-11-20' }, ['query', name], day);
}
