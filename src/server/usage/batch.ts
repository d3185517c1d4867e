import { isRecord } from '../http/json.ts';
import { parseWithLongList } from '../http/long-list.ts';
import { RequestProblem } from '../http/problem.ts';
import { clusterName } from './cluster.ts';
import { Problems, refused } from './fault.ts';
import { type JobRow, missing, noObject, readJob } from './records.ts';

/** The content of one POST: finished jobs of a cluster. */
export type Batch = { readonly hostname: string; readonly jobs: readonly JobRow[] };

/** Less than the names of a record's required fields take. */
const leastRecordBytes = 64;
/** A body of any size may have this many records, so that the answer to a small body names every fault. */
const leastRecords = 10_000;

/**
 * Parses the body of a POST to `/api/data/ingest`, and lets other requests run meanwhile.
 * @param authorise throws if the sender may not send jobs of a cluster; it is called before the jobs are read
 * @throws RequestProblem 422 that names every fault, as FastAPI does
 */
export async function readBatch(bytes: Uint8Array, authorise: (cluster: string) => void): Promise<Batch> {
  const problems = new Problems();
  const jobs: JobRow[] = [];
  try {
    const maxRecords = Math.max(leastRecords, bytes.byteLength / leastRecordBytes);
    const { value: body, pieces } = parseWithLongList(bytes, 'jobs');
    if (!isRecord(body)) throw refused(noObject, ['body'], body);
    const hostname = hostnameOf(body, problems);
    if (hostname !== '') authorise(hostname);
    checkList(body, problems);
    let index = 0;
    for (const records of pieces) {
      if (index + records.length > maxRecords) {
        throw new RequestProblem(400, `The list of jobs has more than ${Math.floor(maxRecords)} entries`);
      }
      for (const record of records) {
        const job = readJob(record, index, problems);
        if (job) jobs.push(job);
        index += 1;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    problems.throwIfAny();
    return { hostname, jobs };
  } catch (error) {
    if (!(error instanceof RequestProblem) || error.status !== 400) throw error;
    throw refused({ type: 'json_invalid', msg: 'JSON decode error', ctx: { error: error.message } }, ['body'], {});
  }
}

/** Returns the name of the cluster; empty if it is wrong, which `problems` then has. */
function hostnameOf(body: Readonly<Record<string, unknown>>, problems: Problems): string {
  const isPresent = Object.hasOwn(body, 'hostname');
  const hostname = isPresent ? clusterName(body.hostname) : missing;
  if (typeof hostname === 'string') return hostname;
  problems.add(hostname, ['body', 'hostname'], isPresent ? body.hostname : body);
  return '';
}

function checkList(body: Readonly<Record<string, unknown>>, problems: Problems): void {
  const isPresent = Object.hasOwn(body, 'jobs');
  if (Array.isArray(body.jobs)) return;
  const fault = isPresent ? { type: 'list_type', msg: 'Input should be a valid list' } : missing;
  problems.add(fault, ['body', 'jobs'], isPresent ? body.jobs : body);
}
