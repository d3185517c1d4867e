import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addKey } from '../../../src/server/auth/keys.ts';
import type { Scope } from '../../../src/server/auth/scope.ts';
import { type Answered, type Json, startForTest } from '../helper.ts';

/** The record of the API's documents, with what is given in the place of its fields. */
export function jobRecord(changes: Json = {}): Json {
  return {
    JobID: '12345',
    User: 'alice',
    Account: 'physics',
    Partition: 'compute',
    State: 'COMPLETED',
    QOS: 'normal',
    Submit: '2026-11-20T10:00:00',
    Start: '2026-11-20T10:05:00',
    End: '2026-11-20T11:00:00',
    CPUHours: 4.0,
    GPUHours: 0.5,
    AllocCPUS: 4,
    AllocGPUS: 2,
    AllocNodes: 1,
    NodeList: 'c001',
    ...changes,
  };
}

export type JobInDatabase = Record<string, string | number | null>;

/** A real receiver with a key for every cluster, on a free port. */
export async function startIngest(options: Parameters<typeof startForTest>[0] = {}) {
  const receiver = await startForTest(options);
  const key = await addKey(receiver.database, 'shared', ['write:*']);
  async function send(path: string, init: RequestInit = {}): Promise<Answered> {
    const response = await fetch(receiver.url + path, init);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
  }
  return {
    ...receiver,
    key,
    send,
    addKey: (name: string, ...scopes: Scope[]) => addKey(receiver.database, name, scopes),
    /** Posts a body, JSON unless it is bytes or text; `X-API-Key` is that of the shared key unless given. */
    ingest: (body: unknown, headers: Record<string, string> = {}) =>
      send('/api/data/ingest', {
        method: 'POST',
        headers: { 'X-API-Key': key, 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    read: (path: string, headers: Record<string, string> = { 'X-API-Key': key }) =>
      send(`/api/dashboard/${path}`, { headers }),
    /** What is stored of a cluster, by id and submit time. */
    jobs: (cluster: string): Promise<JobInDatabase[]> =>
      receiver.all<JobInDatabase>('SELECT * FROM jobs WHERE cluster = $1 ORDER BY job_id, submit', cluster),
  };
}

export type IngestReceiver = Awaited<ReturnType<typeof startIngest>>;

/** The lines of a file in fixtures/ingest-api. */
export function fixtureLines<Line>(file: string): Line[] {
  return readFileSync(join(import.meta.dir, '../../../fixtures/ingest-api', file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
