import { isRecord, parseJson } from '../json.ts';
import { RequestProblem } from '../problem.ts';
import { clusterName } from './cluster.ts';
import { Problems, refused } from './fault.ts';
import { type JobRow, missing, noObject, readJob } from './records.ts';

/** What one POST brings: finished jobs of a cluster. */
export type Batch = { readonly hostname: string; readonly jobs: readonly JobRow[] };

/** The names of a record's required fields alone take more. */
const leastRecordBytes = 64;
/** So many lists and objects may be in any body: what is wrong with a small one shall be said in full. */
const leastContainers = 10_000;
/** Some ten milliseconds; then others have their turn. */
const jobsAtOnce = 5000;

/**
 * Takes the body of a POST to `/api/data/ingest`.
 * @throws RequestProblem 422 that names all that is wrong, as FastAPI does
 */
export async function readBatch(bytes: Uint8Array): Promise<Batch> {
  const problems = new Problems();
  const body = parsed(bytes);
  const hostname = hostnameOf(body, problems);
  const records = recordsOf(body, problems);
  const jobs: JobRow[] = [];
  for (const [index, record] of records.entries()) {
    if (index % jobsAtOnce === jobsAtOnce - 1) await new Promise((resolve) => setImmediate(resolve));
    const job = readJob(record, index, problems);
    if (job) jobs.push(job);
  }
  problems.throwIfAny();
  return { hostname, jobs };
}

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let body: unknown;
  try {
    body = parseJson(bytes, Math.max(leastContainers, bytes.byteLength / leastRecordBytes));
  } catch (error) {
    if (!(error instanceof RequestProblem)) throw error;
    throw refused({ type: 'json_invalid', msg: 'JSON decode error', ctx: { error: error.message } }, ['body'], {});
  }
  if (!isRecord(body)) throw refused(noObject, ['body'], body);
  return body;
}

function hostnameOf(body: Readonly<Record<string, unknown>>, problems: Problems): string {
  const isThere = Object.hasOwn(body, 'hostname');
  const hostname = isThere ? clusterName(body.hostname) : missing;
  if (typeof hostname === 'string') return hostname;
  problems.add(hostname, ['body', 'hostname'], isThere ? body.hostname : body);
  return '';
}

function recordsOf(body: Readonly<Record<string, unknown>>, problems: Problems): readonly unknown[] {
  const isThere = Object.hasOwn(body, 'jobs');
  if (Array.isArray(body.jobs)) return body.jobs;
  const fault = isThere ? { type: 'list_type', msg: 'Input should be a valid list' } : missing;
  problems.add(fault, ['body', 'jobs'], isThere ? body.jobs : body);
  return [];
}
