/** Requests that are so large that a thread of their own reads and stores them. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Json, overEngines } from '../helper.ts';
import { type IngestReceiver, jobRecord, startIngest } from './helper.ts';

const count = 1200;
const manyJobs = (changes: Json = {}) =>
  Array.from({ length: count }, (_, index) => jobRecord({ JobID: String(index), ...changes }));

overEngines((engine) => {
  let receiver: IngestReceiver;
  beforeAll(async () => {
    receiver = await startIngest({ engine });
  });
  afterAll(() => receiver.remove());

  const totalOf = async (cluster: string) => (await receiver.read(`stats/${cluster}`)).body.total_jobs;

  test('the jobs of a large request are in the next answer', async () => {
    const { status, body } = await receiver.ingest({ hostname: 'large', jobs: manyJobs() });
    expect([status, body.jobs_processed]).toEqual([200, count]);
    expect(await totalOf('large')).toBe(count);
    expect(await receiver.jobs('large')).toHaveLength(count);
  });

  test('a large compressed request is stored, and one that is cut off is refused', async () => {
    const jobs = Array.from({ length: 2 * count }, () => jobRecord({ JobID: crypto.randomUUID() }));
    const bytes = Bun.gzipSync(JSON.stringify({ hostname: 'compressed', jobs }));
    const headers = { 'Content-Encoding': 'gzip' };
    const refused = await receiver.ingest(bytes.subarray(0, -100), headers);
    expect(refused).toMatchObject({ status: 400, body: { detail: 'Request body is not gzip, or was cut off' } });
    expect((await receiver.ingest(bytes, headers)).status).toBe(200);
    expect(await totalOf('compressed')).toBe(2 * count);
  });

  test('a wrong job is named, and nothing of the request is stored', async () => {
    const jobs = [...manyJobs(), jobRecord({ AllocCPUS: 'many' })];
    const { status, body } = await receiver.ingest({ hostname: 'wrong', jobs });
    expect(status).toBe(422);
    expect(body.detail).toMatchObject([{ type: 'int_parsing', loc: ['body', 'jobs', count, 'AllocCPUS'] }]);
    expect(await receiver.jobs('wrong')).toEqual([]);
  });

  test('a key for another cluster is refused', async () => {
    const key = await receiver.addKey('narrow', 'write:other');
    const { status, body } = await receiver.ingest({ hostname: 'large', jobs: manyJobs() }, { 'X-API-Key': key });
    expect([status, body.detail]).toEqual([403, expect.stringContaining('lacks the scope write:large')]);
  });

  test('an Idempotency-Key gets the first answer again, and 409 with another body', async () => {
    const headers = { 'Idempotency-Key': 'one' };
    const first = { hostname: 'once', jobs: manyJobs() };
    expect((await receiver.ingest(first, headers)).status).toBe(200);
    expect((await receiver.ingest(first, headers)).status).toBe(200);
    const { status } = await receiver.ingest({ hostname: 'once', jobs: manyJobs({ User: 'bob' }) }, headers);
    expect(status).toBe(409);
    expect(receiver.lines.filter((line) => line.includes('was here before'))).toHaveLength(1);
  });

  test('large and small requests that come together are all stored', async () => {
    const answers = await Promise.all([
      receiver.ingest({ hostname: 'together', jobs: manyJobs() }),
      ...['a', 'b', 'c'].map((JobID) => receiver.ingest({ hostname: 'together', jobs: [jobRecord({ JobID })] })),
      receiver.ingest({ hostname: 'together', jobs: manyJobs({ Submit: '2026-11-19T10:00:00' }) }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await totalOf('together')).toBe(2 * count + 3);
  });
});
