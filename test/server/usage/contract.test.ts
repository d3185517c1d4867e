/** What was asked of the API's own server and answered by it, asked of the receiver: the same, or why not. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addKey } from '../../../src/server/auth/keys.ts';
import { type Json, overEngines } from '../helper.ts';
import { fixtureLines, type IngestReceiver, startIngest } from './helper.ts';

overEngines((engine) => {
  type Exchange = {
    readonly name: string;
    readonly method: string;
    readonly path: string;
    readonly key: string | null;
    readonly body: string | null;
    readonly status: number;
    readonly answer: Json;
  };

  const exchanges = fixtureLines<Exchange>('exchanges.jsonl');

  let receiver: IngestReceiver;
  const keys = new Map<string, string>();
  beforeAll(async () => {
    receiver = await startIngest({ engine, ingest: { environmentKeys: ['legacykey1'] } });
    keys.set('key-of-hpc-cluster-01', await addKey(receiver.database, 'hpc-cluster-01', ['write:hpc-cluster-01']));
  });
  afterAll(() => receiver.remove());

  async function ask({ method, path, key, body }: Exchange) {
    const { status, body: answer } = await receiver.send(path, {
      method,
      headers: { 'Content-Type': 'application/json', ...(key !== null && { 'X-API-Key': keys.get(key) ?? key }) },
      ...(body !== null && { body }),
    });
    return { status, answer };
  }

  function exchange(name: string): Exchange {
    const found = exchanges.find((one) => one.name === name);
    if (!found) throw new Error(`there is no ${name} in exchanges.jsonl`);
    return found;
  }

  const ingested = (hostname: string, count: number) => ({
    status: 200,
    answer: {
      success: true,
      message: `Successfully ingested ${count} jobs for ${hostname}`,
      jobs_processed: count,
      hostname,
    },
  });

  const differences: Readonly<Record<string, readonly [why: string, answer: { status: number; answer: Json }]>> = {
    'ingest-badjson': [
      "has words of its own for what is no JSON, since Python's place and words are its parser's",
      {
        status: 422,
        answer: {
          detail: [
            {
              type: 'json_invalid',
              loc: ['body'],
              msg: 'JSON decode error',
              input: {},
              ctx: { error: 'Request body is not valid JSON' },
            },
          ],
        },
      },
    ],
    stats: ['has no jobs of that cluster', { status: 404, answer: { detail: 'Cluster farmtest not found' } }],
    'ingest-get': [
      'answers a wrong method with 405 everywhere',
      { status: 405, answer: { detail: 'Method Not Allowed' } },
    ],
    'ingest-start-None': ['stores a job whose start is the text None', ingested('h', 1)],
    'ingest-start-null': ['stores a job that was cancelled before it started', ingested('h0', 1)],
    'ingest-mixed-null': ['stores a job that was cancelled before it started, and those beside it', ingested('hm', 2)],
    'ingest-tz': ['takes times with a zone beside naive ones', ingested('htz', 1)],
    'ingest-epoch': ['takes seconds since 1970 beside naive times', ingested('hep', 1)],
    'ingest-otherhost': [
      'binds a key to its clusters',
      {
        status: 403,
        answer: { detail: 'API key hpc-cluster-01 lacks the scope write:farmtest; it has write:hpc-cluster-01' },
      },
    ],
    'ingest-traversal': [
      'takes no path for the name of a cluster',
      {
        status: 422,
        answer: {
          detail: [
            {
              type: 'string_pattern_mismatch',
              loc: ['body', 'hostname'],
              msg: "String should match pattern '^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$'",
              input: '../../evil',
              ctx: { pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$' },
            },
          ],
        },
      },
    ],
  };

  // The health has the time in it: see below.
  const same = exchanges.filter(({ name }) => !Object.hasOwn(differences, name) && !name.startsWith('health'));

  test('every exchange is replayed', () => {
    expect(same.length).toBeGreaterThan(10);
    for (const name of Object.keys(differences)) expect(exchange(name).name).toBe(name);
  });

  test.each(same.map((one) => [one.name, one] as const))('%s is answered as there', async (_, one) => {
    expect(await ask(one)).toEqual({ status: one.status, answer: one.answer });
  });

  describe('unlike the API’s own server, the receiver', () => {
    test.each(Object.entries(differences).map(([name, [why, answer]]) => [why, name, answer] as const))(
      '%s (%s)',
      async (_, name, answer) => {
        expect(await ask(exchange(name))).toEqual(answer);
        const there: { status: number; answer: unknown } = exchange(name);
        expect({ status: there.status, answer: there.answer }).not.toEqual(answer);
      },
    );
  });

  test('the health has the same members as the recorded answer', async () => {
    const fresh = await startIngest({ engine });
    try {
      const { name: _, ...empty } = exchange('health-empty');
      const { status, body } = await fresh.send(empty.path);
      expect(status).toBe(empty.status);
      expect(body).toEqual({ ...empty.answer, timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+$/) });

      for (const hostname of exchange('health').answer.hostnames as string[]) {
        await fresh.ingest({ hostname, jobs: [{ ...JSON.parse(exchange('ingest-one').body ?? '').jobs[0] }] });
      }
      const filled = await fresh.send(empty.path);
      expect(filled.body).toEqual({ ...exchange('health').answer, timestamp: expect.any(String) });
    } finally {
      await fresh.remove();
    }
  });

  test('the statistics of an unknown cluster are the same error as the recorded one', async () => {
    const { status, answer } = exchange('stats-404');
    expect(await receiver.read('stats/nope')).toMatchObject({ status, body: answer });
  });

  test('the payload of the API’s own agent is stored whole, with the same sums', async () => {
    const path = join(import.meta.dir, '../../../fixtures/ingest-api/agent-payload.json');
    const { hostname, jobs } = JSON.parse(readFileSync(path, 'utf8')) as { hostname: string; jobs: Json[] };
    const cancelled = jobs.find((job) => job.Start === 'None');
    // The API's own server had the other 63 jobs and this one when it answered `stats`.
    const other = JSON.parse(exchange('ingest-otherhost').body ?? '') as { jobs: Json[] };
    const { status, body } = await receiver.ingest({ hostname, jobs: [...jobs, ...other.jobs] });
    expect({ status, jobs: body.jobs_processed }).toEqual({ status: 200, jobs: 65 });
    expect((await receiver.jobs(hostname)).find((job) => job.job_id === cancelled?.JobID)).toMatchObject({
      start: null,
      end: expect.any(String),
      node_list: null,
    });
    const { total_cpu_hours, total_gpu_hours, total_jobs, ...rest } = exchange('stats').answer;
    expect((await receiver.read(`stats/${hostname}`)).body).toEqual({
      ...rest,
      total_jobs: Number(total_jobs) + 1,
      total_cpu_hours: expect.closeTo(Number(total_cpu_hours), 9),
      total_gpu_hours: expect.closeTo(Number(total_gpu_hours), 9),
    });
  });
});
