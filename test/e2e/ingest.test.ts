/** Finished jobs, sent to `serve` with an API key. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { finishedJobs } from '../support/finished-jobs.ts';
import { fixtures, newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

let site: Site;
let database: string;
beforeEach(() => {
  site = newSite();
  database = join(site.directory, 'receiver.db');
});
afterEach(() => site.remove());

const key = (verb: string, ...words: string[]) => site.run('serve', 'key', verb, ...words, '--database', database);

async function newKey(name: string, ...flags: string[]): Promise<string> {
  const { exit, stdout, stderr } = await key('add', name, ...flags);
  if (exit !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** A receiver that has its port. */
async function serve(...flags: string[]) {
  const process = site.start(['serve', '--listen', '127.0.0.1:0', '--database', database, ...flags]);
  const [, url = ''] = await process.said(/Listening on (\S+)/);
  return { url, process };
}

function post(url: string, apiKey: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  return fetch(`${url}/api/data/ingest`, {
    method: 'POST',
    headers: { 'X-API-Key': apiKey, 'Content-Type': 'application/json', ...headers },
    body,
  });
}

async function statistics(url: string, apiKey: string, cluster: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/api/dashboard/stats/${cluster}`, { headers: { 'X-API-Key': apiKey } });
  return (await answer.json()) as Record<string, unknown>;
}

/** The most memory that a process had, in MiB. */
function peakMebibytes(pid: number): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}

describe('keys', () => {
  test('are shown once, listed, used and removed', async () => {
    const added = await key('add', 'hpc1-export', '--cluster', 'hpc1', '--cluster=hpc2,hpc3');
    expect(added).toMatchObject({ exit: 0, stderr: 'Added key hpc1-export for write:hpc1, write:hpc2, write:hpc3\n' });
    const secret = added.stdout.trim();
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect((await key('add', 'shared', '--all')).stderr).toBe('Added key shared for write:*\n');

    const { url } = await serve();
    for (const hostname of ['hpc1', 'hpc3']) {
      expect((await post(url, secret, JSON.stringify({ hostname, jobs: finishedJobs(1, 1) }))).status).toBe(200);
    }
    const refused = await post(url, secret, JSON.stringify({ hostname: 'hpc4', jobs: finishedJobs(1, 1) }));
    expect([refused.status, await refused.json()]).toEqual([
      403,
      { detail: 'API key hpc1-export lacks the scope write:hpc4; it has write:hpc1,write:hpc2,write:hpc3' },
    ]);

    const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
    expect((await key('ls')).stdout).toMatch(
      new RegExp(
        `^NAME         SCOPES                            SINCE \\(UTC\\)          LAST USED \\(UTC\\)\\n` +
          `hpc1-export  write:hpc1,write:hpc2,write:hpc3  ${time}  ${time}\\nshared       write:\\*                           ${time}  never\\n$`,
      ),
    );
    const listed = (await key('ls', '--json')).stdout.trim().split('\n');
    expect(listed.map((line) => JSON.parse(line))).toMatchObject([
      {
        name: 'hpc1-export',
        scopes: ['write:hpc1', 'write:hpc2', 'write:hpc3'],
        last_used_at: expect.stringMatching(/Z$/),
      },
      { name: 'shared', scopes: ['write:*'], created_at: expect.stringMatching(/Z$/), last_used_at: null },
    ]);

    expect(await key('rm', 'hpc1-export')).toMatchObject({ exit: 0, stderr: 'Removed key hpc1-export\n' });
    expect((await post(url, secret, JSON.stringify({ hostname: 'hpc1', jobs: [] }))).status).toBe(401);
    expect(site.everything()).not.toContain(secret);
  });

  test.each<[string[], string]>([
    [['add', 'one'], '--scope SCOPE, --cluster NAME or --all'],
    [['add', 'one', '--scope', 'reads'], "'reads' is not a scope"],
    [['add', 'one', '--cluster', 'a,,b'], 'a name is empty'],
    [['add', 'one', '--cluster', '../a'], "'write:../a' is not a scope"],
    [['add', 'o n e', '--all'], "A key's name has"],
    [['rm', 'one'], 'there is no key one'],
    [['rotate', 'one'], 'there is no key one'],
    [['add', 'one', '--all', '--per-minute', '0'], '--per-minute 0'],
  ])('%p is refused in words', async (words, said) => {
    const [verb = '', ...rest] = words;
    expect(await key(verb, ...rest)).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(said) });
    expect((await key('ls')).stdout).toBe('There is no API key.\n');
  });
});

describe('settings of serve', () => {
  test('at its start it reports that it has no key, and how to make one', async () => {
    const { process, url } = await serve();
    await process.said(
      `No jobs can be received yet: add a key with: hpc-collector serve key add NAME --cluster CLUSTER --database ${database}`,
    );
    const answer = await post(url, 'any', '{}');
    expect([answer.status, await answer.json()]).toEqual([500, { detail: 'No API keys configured on server' }]);
  });

  test('API_KEYS and CORS_ORIGINS come from the file env, and the environment wins', async () => {
    site.configure('env', 'API_KEYS=from-file\nCORS_ORIGINS=https://dashboard.example.org\n');
    const batch = JSON.stringify({ hostname: 'any', jobs: [] });
    const { url, process } = await serve();
    expect((await post(url, 'from-file', batch)).status).toBe(200);
    expect(process.stderr()).not.toContain('serve key add');
    const health = await fetch(`${url}/api/dashboard/health`, { headers: { Origin: 'https://dashboard.example.org' } });
    expect(health.headers.get('access-control-allow-origin')).toBe('https://dashboard.example.org');

    const other = site.start(['serve', '--listen', '127.0.0.1:0', '--database', database], {
      env: { ...site.env, API_KEYS: 'one, two' },
    });
    const [, otherUrl = ''] = await other.said(/Listening on (\S+)/);
    expect((await post(otherUrl, 'two', batch)).status).toBe(200);
    expect((await post(otherUrl, 'from-file', batch)).status).toBe(401);
  });

  test('an invalid origin stops it, with a clear error', async () => {
    site.configure('env', 'CORS_ORIGINS=*\n');
    expect(await site.run('serve', '--listen', '127.0.0.1:0', '--database', database)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("CORS_ORIGINS has '*', which is not an origin"),
    });
  });

  test.each(['0', 'x', '1.5', '-1', '4096'])('--max-ingest-mib cannot be %p', async (size) => {
    const flags = [`--max-ingest-mib=${size}`, '--database', database, '--listen', '127.0.0.1:0'];
    expect(await site.run('serve', ...flags)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('give a number from 1 to 1024'),
    });
  });

  test('--max-ingest-mib is the largest request', async () => {
    const apiKey = await newKey('all', '--all');
    const { url } = await serve('--max-ingest-mib', '1');
    const body = (bytes: number) => JSON.stringify({ hostname: 'h', jobs: [] }).padEnd(bytes);
    expect((await post(url, apiKey, body(1024 ** 2))).status).toBe(200);
    expect((await post(url, apiKey, body(1024 ** 2 + 1))).status).toBe(413);
  });
});

test("a job that never started is stored without a start, in the form of the API's own agent", async () => {
  const apiKey = await newKey('farm', '--cluster', 'farm');
  const { url } = await serve();
  const body = readFileSync(join(fixtures, 'ingest-api/agent-start-none.json'), 'utf8');
  expect((await post(url, apiKey, body)).status).toBe(200);
  expect(await statistics(url, apiKey, 'farm')).toMatchObject({ total_jobs: 2, partitions: ['compute', 'debug'] });
  const stored = new Database(database, { readonly: true });
  expect(stored.query('SELECT job_id, start, "end", node_list FROM jobs ORDER BY job_id').all()).toEqual([
    { job_id: '500011', start: null, end: '2026-11-28T02:46:31', node_list: null },
    { job_id: '500014', start: '2026-11-28T02:46:14', end: '2026-11-28T02:46:19', node_list: 'n003' },
  ]);
  stored.close();
});

test('one request with 3,000,000 members is refused before they are parsed', async () => {
  const apiKey = await newKey('hpc1', '--cluster', 'hpc1');
  const { url } = await serve();
  const members = Array.from({ length: 3_000_000 }, (_, index) => `"${index.toString(36)}":1`).join(',');
  for (const body of [
    `{"hostname":"hpc1","jobs":[{${members}}]}`,
    `{"hostname":"hpc1","jobs":[],"other":{${members}}}`,
  ]) {
    const answer = await post(url, apiKey, body);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('JSON body has an object of over 10000 members');
  }
});

test('100,000 jobs in one request are stored, and other requests are answered meanwhile', async () => {
  const apiKey = await newKey('hpc1', '--cluster', 'hpc1');
  const { url, process } = await serve();
  const body = JSON.stringify({ hostname: 'hpc1', jobs: finishedJobs(1, 100_000) });
  expect(body.length).toBeGreaterThan(25_000_000);

  let isDone = false;
  const posting = post(url, apiKey, body).finally(() => {
    isDone = true;
  });
  let answeredMeanwhile = 0;
  while (!isDone) {
    await (await fetch(`${url}/api/dashboard/health`)).text();
    answeredMeanwhile += isDone ? 0 : 1;
  }
  const answer = await posting;
  expect([answer.status, await answer.json()]).toEqual([
    200,
    {
      success: true,
      message: 'Successfully ingested 100000 jobs for hpc1',
      jobs_processed: 100_000,
      hostname: 'hpc1',
    },
  ]);
  expect(answeredMeanwhile).toBeGreaterThan(20);
  expect(await statistics(url, apiKey, 'hpc1')).toEqual({
    hostname: 'hpc1',
    total_jobs: 100_000,
    total_cpu_hours: 50_000,
    total_gpu_hours: 25_000,
    total_users: 300,
    partitions: ['compute', 'gpu'],
  });
  expect(peakMebibytes(process.pid)).toBeLessThan(500);
});

test('200 kB of gzip that expand to 200 MB are refused without using that memory', async () => {
  const apiKey = await newKey('hpc1', '--cluster', 'hpc1');
  const { url, process } = await serve();
  const bomb = Bun.gzipSync(Buffer.alloc(200_000_000, ' '));
  expect(bomb.length).toBeLessThan(300_000);
  const answers = await Promise.all([1, 2].map(() => post(url, apiKey, bomb, { 'Content-Encoding': 'gzip' })));
  for (const answer of answers) {
    expect([answer.status, await answer.json()]).toEqual([413, { detail: 'Request body is over 67108864 bytes' }]);
  }
  expect(peakMebibytes(process.pid)).toBeLessThan(350);
});

test('kill -9 during a batch: none of it is stored, acknowledged batches are, and it can be sent again', async () => {
  const apiKey = await newKey('hpc1', '--cluster', 'hpc1');
  const first = await serve();
  const acknowledged = JSON.stringify({ hostname: 'hpc1', jobs: finishedJobs(1, 500) });
  expect((await post(first.url, apiKey, acknowledged, { 'Idempotency-Key': 'first' })).status).toBe(200);

  const cutOff = JSON.stringify({ hostname: 'hpc1', jobs: finishedJobs(1000, 50_000) });
  const posting = post(first.url, apiKey, cutOff, { 'Idempotency-Key': 'second' }).then(
    (answer) => answer.status,
    () => 'no answer',
  );
  // The transaction is larger than what SQLite keeps in memory: it is under way as soon as its file grows.
  await until(() => statSync(`${database}-wal`).size > 3_000_000, 'the batch is being written', 30);
  first.process.kill('SIGKILL');
  expect(await posting).toBe('no answer');
  await first.process.ended;

  const second = await serve();
  expect(await statistics(second.url, apiKey, 'hpc1')).toMatchObject({ total_jobs: 500 });
  for (const [body, name] of [
    [acknowledged, 'first'],
    [cutOff, 'second'],
  ] as const) {
    expect((await post(second.url, apiKey, body, { 'Idempotency-Key': name })).status).toBe(200);
  }
  expect(await statistics(second.url, apiKey, 'hpc1')).toMatchObject({ total_jobs: 50_500 });
  await until(() => second.process.stderr().includes('was here before'), 'the log says that one was here before');
});

test('two clients at once, each with its key, are both stored in full', async () => {
  const { url } = await serve();
  const client = async (cluster: string) => {
    const apiKey = await newKey(cluster, '--cluster', cluster);
    for (let batch = 0; batch < 5; batch++) {
      const body = JSON.stringify({ hostname: cluster, jobs: finishedJobs(batch * 2000, 2000) });
      expect((await post(url, apiKey, Bun.gzipSync(body), { 'Content-Encoding': 'gzip' })).status).toBe(200);
    }
    return await statistics(url, apiKey, cluster);
  };
  expect(await Promise.all([client('hpc1'), client('hpc2')])).toMatchObject([
    { hostname: 'hpc1', total_jobs: 10_000 },
    { hostname: 'hpc2', total_jobs: 10_000 },
  ]);
});
