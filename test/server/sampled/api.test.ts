/** What the receiver stores of a sampler, and what it shows of a job, in whole answers. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { UsageClient } from '../../../src/server/auth/access.ts';
import type { Account } from '../../../src/server/auth/caller.ts';
import { RequestProblem } from '../../../src/server/http/problem.ts';
import type { Call } from '../../../src/server/http/routing.ts';
import { getSampledJob, postSampledJob } from '../../../src/server/sampled/api.ts';
import { getJob } from '../../../src/server/sampled/job-api.ts';
import { measuredInStore } from '../../../src/server/sampled/read.ts';
import { openStore } from '../../../src/server/store/open.ts';
import type { Store } from '../../../src/server/store/port.ts';
import { freshDatabasePath, type Json } from '../helper.ts';

const { path, remove } = freshDatabasePath();
let store: Store;
const holder: Account = { name: 'nodes', kind: 'key', scopes: ['read', 'write:hpc1'] };

const sample = (node: string, username: string, execs: Json, jobid: number | string = 12) => ({
  'sams.sampler.Core': { jobid, node },
  'sams.sampler.SlurmInfo': { username },
  'sams.sampler.Software': { execs, start_time: 1000, end_time: 1400 },
});
const bash = { '/bin/bash': { user: 5, system: 3 } };

function call(parameters: Record<string, string>, headers: Record<string, string> = {}, body?: unknown): Call {
  const url = new URL('http://localhost/12/12.c001.json');
  const client = { address: '', isLocal: true, origin: url.origin, prefix: '' };
  const json = { 'Content-Type': 'application/json', ...headers };
  const request =
    body === undefined
      ? new Request(url.href, { headers })
      : new Request(url.href, { method: 'POST', headers: json, body: JSON.stringify(body) });
  return { request, url, client, parameters };
}

/** The status, the text and the note of an answer, or the status and words of a refusal. */
async function outcome(asked: Promise<{ response: Response; note?: string }>): Promise<unknown[]> {
  try {
    const { response, note } = await asked;
    const text = await response.text();
    return [response.status, text.startsWith('{') ? JSON.parse(text) : text, ...(note === undefined ? [] : [note])];
  } catch (error) {
    if (!(error instanceof RequestProblem)) throw error;
    return [error.status, error.message];
  }
}

const limits = { maxBytes: 10_000, idleSeconds: 30, totalSeconds: 30 };
const post = (
  body: unknown,
  {
    job = '12',
    headers = {},
    by = holder,
  }: Partial<{ job: string; headers: Record<string, string>; by: Account }> = {},
) => outcome(postSampledJob(store, limits)(call({ job }, headers, body), by));

beforeAll(async () => {
  store = await openStore(path);
});
afterAll(async () => {
  await store.close();
  remove();
});

describe('a sample', () => {
  test('is stored once by its key, and again without one', async () => {
    const headers = { 'Idempotency-Key': 'k1' };
    const note = 'nodes, job 12 of hpc1 on c001';
    expect(await post(sample('c001', 'alice', bash), { headers })).toEqual([200, 'OK', note]);
    expect(await post(sample('c001', 'alice', bash), { headers })).toEqual([200, 'OK', `${note}, was here before`]);
    expect(await post(sample('c001', 'alice', bash))).toEqual([200, 'OK', note]);
    const more = { ...bash, '/home/alice/solve': { user: 20, system: 1 } };
    expect(await post(sample('c002', 'alice', more))).toEqual([200, 'OK', expect.any(String)]);
    const { response } = await postSampledJob(store, limits)(
      call({ job: '7[3]' }, {}, sample('c001', 'bob', bash, '7[3]')),
      holder,
    );
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain']);
    const [row] = await store.all<{ summary: string; received_from: string }>(
      "SELECT summary, received_from FROM sampled_jobs WHERE job_id = '7[3]'",
    );
    expect([row?.received_from, JSON.parse(row?.summary ?? '')]).toEqual([
      'nodes',
      { from: 1000, to: 1400, isCounted: false, programs: { '/bin/bash': 8 } },
    ]);
    const found = await Array.fromAsync(measuredInStore(path, 'hpc1'));
    expect(found.map((one) => one['sams.sampler.Core'].node).sort()).toEqual(['c001', 'c001', 'c002']);
  });

  test('sent compressed is taken', async () => {
    const packed = call({ job: '12' });
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
    const body = Bun.gzipSync(JSON.stringify(sample('c001', 'alice', bash)));
    const request = new Request(packed.url.href, { method: 'POST', headers, body });
    expect(await outcome(postSampledJob(store, limits)({ ...packed, request }, holder))).toEqual([
      200,
      'OK',
      expect.any(String),
    ]);
  });

  const many = (...scopes: Account['scopes']) => ({ by: { ...holder, scopes } });
  const cluster = 'API key nodes is not for exactly one cluster, and the body does not name one';
  test.each<[body: unknown, options: Parameters<typeof post>[1], refusal: unknown[]]>([
    [sample('c001', 'a', bash), { job: '13' }, [400, 'The path names job 13, and the body job 12']],
    [[1], {}, [400, 'JSON body must be an object']],
    [{ x: 1 }, {}, [400, expect.stringMatching(/^The body is not what a sampler measured: sams\.sampler\.Core: \S/)]],
    [
      sample('c001', 'a', { '/a': { user: -1, system: 0 } }),
      {},
      [400, expect.stringMatching(/^The body .*: sams\.sampler\.Software\.execs\.\/a\.user: \S/)],
    ],
    [
      sample('c001', 'a', bash),
      { headers: { 'Idempotency-Key': 'a b' } },
      [400, expect.stringContaining('visible ASCII')],
    ],
    [sample('c001', 'a', bash), many('write:*'), [403, cluster]],
    [sample('c001', 'a', bash), many('read'), [403, cluster]],
    [sample('c001', 'a', bash), many('write:a', 'write:b'), [403, cluster]],
  ])('%j with %j is refused', async (body, options, refusal) => expect(await post(body, options)).toEqual(refusal));

  test('that is refused is noted at its collector', async () => {
    const headers = { 'X-Collector': 'host=c009; version=2' };
    await post([1], { headers });
    await post(sample('c009', 'alice', bash), { headers });
    const rows = await store.all(
      "SELECT kind, name, refused_status FROM collector_streams WHERE host = 'c009' ORDER BY name",
    );
    expect(rows).toEqual([
      { kind: 'samples', name: '', refused_status: 400 },
      { kind: 'samples', name: 'hpc1', refused_status: null },
    ]);
  });
});

const reader = (rest: Partial<UsageClient> = {}): UsageClient => ({
  ...{ account: null, seesNames: true, shownName: (name: string) => name, mayReadCluster: () => true },
  ...rest,
});
const alice: Account = { name: 'alice', kind: 'user', scopes: ['read'] };

describe('the software of a job', () => {
  const ask = (client: UsageClient, job = '12') =>
    outcome(getSampledJob(store)(call({ cluster: 'hpc1', job }), client));
  const software = [
    { path: '/bin/bash', user_seconds: 15, system_seconds: 9 },
    { path: '/home/alice/solve', user_seconds: 20, system_seconds: 1 },
  ];

  test('is that of all its nodes', async () => {
    const received_at = expect.stringMatching(/^20\d\d-/);
    const nodes = ['c001', 'c002', 'c009'].map((node) => ({ node, received_at }));
    const answer = { cluster: 'hpc1', job_id: '12', nodes, software, untracked: null };
    expect(await ask(reader())).toEqual([200, answer]);
    expect(await ask(reader({ seesNames: false, account: holder }))).toEqual([200, answer]);
    expect(await ask(reader({ shownName: () => 'user-1' }))).toMatchObject([
      ...[200, { software: [{ path: 'bash' }, { path: 'solve' }] }],
    ]);
  });

  test('is refused to a client that may not see names, and of a job that was not sampled', async () => {
    expect(await ask(reader({ seesNames: false }))).toEqual([401, 'Authentication required']);
    expect(await ask(reader({ seesNames: false, account: alice }))).toEqual([
      ...[403, 'User alice lacks the scope read:names; it has read'],
    ]);
    expect(await ask(reader(), '99')).toEqual([404, 'Nothing was sampled of job 99 on hpc1']);
  });
});

describe('a job without a record', () => {
  const ask = (client: UsageClient, id = '12', cluster = 'hpc1') =>
    outcome(getJob(store)(call({ cluster, id }), client));

  test('has what was sampled of it', async () => {
    const [status, job] = await ask(reader());
    expect([status, job]).toMatchObject([
      200,
      {
        ...{ cluster: 'hpc1', job_id: '12', runs: [] },
        measured: { cpu_seconds: 45, allocated_cpu_seconds: null, cpu_percent: null, software: [{}, {}] },
      },
    ]);
    expect(await ask(reader({ seesNames: false, account: alice }))).toEqual([status, job]);
    expect(await ask(reader({ shownName: () => 'user-1' }))).toMatchObject([
      ...[200, { measured: { software: [{ path: 'bash' }, { path: 'solve' }] } }],
    ]);
  });

  test('is not there for other users, for other clusters, or without samples', async () => {
    const bob = { ...alice, name: 'bob' };
    const missing = (id: string, cluster: string) => [404, `There is no job ${id} on ${cluster} that you may see`];
    expect(await ask(reader({ seesNames: false, account: bob }))).toEqual(missing('12', 'hpc1'));
    expect(await ask(reader({ mayReadCluster: () => false }))).toEqual(missing('12', 'hpc1'));
    expect(await ask(reader(), '12', 'hpc2')).toEqual(missing('12', 'hpc2'));
    expect(await ask(reader(), 'x'.repeat(61))).toEqual(missing(`${'x'.repeat(60)}…`, 'hpc1'));
    expect(await ask(reader({ seesNames: false }))).toEqual([401, 'Authentication required']);
  });
});
