import { sampledJobSchema } from '../../lib/sampled-job.ts';
import { type Account, loginRequired, type ReadingClient, requireScope } from '../auth/caller.ts';
import { permits } from '../auth/scope.ts';
import { notingRefusals, streamOf } from '../collectors/streams.ts';
import { type Answered, json } from '../http/answer.ts';
import { type BodyLimits, readBody } from '../http/body.ts';
import { idempotencyKey } from '../http/idempotency-key.ts';
import { parseJsonObject } from '../http/json.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import { sha256Of, storeOnce } from '../store/deliveries.ts';
import type { Store } from '../store/port.ts';
import { sampledNodes, storeSampledJob } from '../store/sampled-jobs.ts';
import { timestampOf } from '../timestamp.ts';
import { noteSample } from '../usage/segments/stale.ts';
import { shownSoftware, softwareOf } from './software.ts';
import { summaryOf } from './summary.ts';

/** The answer of the original post receiver. */
const stored = 'OK';

/**
 * Returns the handler that stores the data of a sampler. The path has the job and the file, as with the original post
 * receiver; the scope of the key says which cluster it is.
 */
export function postSampledJob(store: Store, limits: BodyLimits) {
  const handle = async ({ request, url, parameters }: Call, holder: Account): Promise<Answered> => {
    const cluster = clusterOf(holder);
    const bytes = await readBody(request, limits, 'taken');
    const parsed = sampledJobSchema.safeParse(parseJsonObject(bytes));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new RequestProblem(
        400,
        `The body is not what a sampler measured: ${issue?.path.join('.')}: ${issue?.message}`,
      );
    }
    const { jobid, node } = parsed.data['sams.sampler.Core'];
    if (String(jobid) !== parameters.job)
      throw new RequestProblem(400, `The path names job ${parameters.job}, and the body job ${jobid}`);
    const key = idempotencyKey(request.headers);
    const stream = streamOf(request.headers, 'samples', cluster);
    const sha256 = sha256Of(bytes);
    const delivery = { path: url.pathname, user: holder.name, sha256, key, receivedAt: new Date(), stream };
    const { replayed } = await storeOnce(store, delivery, async (writer) => {
      const receivedAt = timestampOf(delivery.receivedAt);
      await storeSampledJob(writer, {
        cluster,
        jobId: String(jobid),
        node,
        receivedAt,
        receivedFrom: holder.name,
        body: bytes,
        summary: JSON.stringify(summaryOf(parsed.data)),
      });
      await noteSample(writer, cluster, String(jobid));
      return { answer: stored, replayed: false };
    });
    const note = `${holder.name}, job ${jobid} of ${cluster} on ${node}${replayed ? ', was here before' : ''}`;
    return { response: new Response(stored, { headers: { 'Content-Type': 'text/plain' } }), note };
  };
  return notingRefusals(store, 'samples', handle);
}

/**
 * Returns the cluster that a key is for.
 * @throws RequestProblem 403 if it is for no cluster or for several
 */
function clusterOf({ name, scopes }: Account): string {
  const own = scopes.flatMap((scope) => (scope.startsWith('write:') ? [scope.slice('write:'.length)] : []));
  const [only] = own;
  if (own.length === 1 && only !== undefined && only !== '*') return only;
  throw new RequestProblem(403, `API key ${name} is not for exactly one cluster, and the body does not name one`);
}

/**
 * Returns the handler that answers which programs a job ran and what they used. Paths of programs can have names of
 * people, so the client must be allowed to see names, or be the one that sends the data of the cluster.
 */
export function getSampledJob(store: Store) {
  return async ({ parameters, request }: Call, client: ReadingClient): Promise<Answered> => {
    const { cluster = '', job = '' } = parameters;
    requireNames(client, cluster, request.headers);
    const nodes = await sampledNodes(store, cluster, job);
    if (nodes.length === 0) throw new RequestProblem(404, `Nothing was sampled of job ${job} on ${cluster}`);
    const found = nodes.flatMap(({ body }) => sampledJobSchema.safeParse(JSON.parse(body)).data ?? []);
    const answer = {
      cluster,
      job_id: job,
      nodes: nodes.map(({ node, receivedAt }) => ({ node, received_at: receivedAt })),
      ...shownSoftware(softwareOf(found), found[0]?.['sams.sampler.SlurmInfo']?.username ?? '', client),
    };
    return { response: json(200, JSON.stringify(answer)) };
  };
}

/** @throws RequestProblem 401 or 403 */
function requireNames({ seesNames, account }: ReadingClient, cluster: string, headers: Headers): void {
  if (seesNames) return;
  if (account === null) throw loginRequired(headers);
  if (!permits(account.scopes, `write:${cluster}`)) requireScope(account, 'read:names');
}
