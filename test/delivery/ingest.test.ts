import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { collectorSchema } from '../../src/config/collector.ts';
import { ingestDestination } from '../../src/delivery/ingest.ts';
import { ingestPath, ingestStream } from '../../src/delivery/ingest-entries.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { listDropped } from '../../src/outbox/drop.ts';
import {
  accepted,
  answer,
  drainInto,
  drainTo,
  openOutbox,
  type Reply,
  type Seen,
  startScripted,
  type TestOutbox,
} from './helper.ts';

const apiKey = 'uOmf9-throw-away-key-0123456789';
const addressSetting = 'INGEST_API_URL';

function destinationAt(baseUrl: string) {
  const { ingest } = collectorSchema.parse({}).destinations;
  return ingestDestination({
    ...ingest,
    max_per_minute: 100_000,
    timeout: 5,
    baseUrl,
    addressSetting,
    apiKey,
    proxy: null,
  });
}

type Job = { readonly JobID: string; readonly Submit: string; readonly Start: string | null };
const job = (id: number, Start: string | null = '2026-11-20T10:05:00'): Job => ({
  JobID: String(id),
  Submit: '2026-11-20T10:00:00',
  Start,
});

function addJobs(box: TestOutbox, jobs: readonly Job[], hostname = 'c1'): string {
  const body = JSON.stringify({ hostname, jobs });
  return box.add('', { stream: ingestStream(hostname), destination: 'ingest', path: ingestPath, body });
}

/** As the API says that it took all that it was sent. */
function ingested({ body }: Seen, difference = 0): string {
  const { hostname, jobs } = JSON.parse(body) as { hostname: string; jobs: Job[] };
  const jobs_processed = jobs.length + difference;
  return answer(200, {
    success: true,
    message: `Successfully ingested ${jobs_processed} jobs for ${hostname}`,
    jobs_processed,
    hostname,
  });
}

/** The API's answers, as the real one gave them. */
const notStarted = answer(500, {
  detail: "Error ingesting data: 'NaTType' object has no attribute 'start_time'",
});
const wrongFields = (...jobs: number[]) =>
  answer(422, {
    detail: jobs.map((index) => ({
      type: 'datetime_from_date_parsing',
      loc: ['body', 'jobs', index, 'Start'],
      msg: 'Input should be a valid datetime or date, input is too short',
      input: 'None',
      ctx: { error: 'input is too short' },
    })),
  });

async function startApi(reply: (request: Seen, before: number) => Reply) {
  const server = await startScripted(reply);
  const box = openOutbox();
  return {
    server,
    box,
    drain: () => drainInto(box, destinationAt(server.url)),
    /** The jobs of each entry, by its state. */
    jobs: () =>
      box.outbox.list('all').map((entry) => ({
        state: entry.state,
        jobs: (JSON.parse(box.outbox.body(entry)) as { jobs: Job[] }).jobs.map(({ JobID }) => Number(JobID)),
      })),
    /** The jobs that are listed as left out, oldest first. */
    leftOut: () =>
      listDropped(box.outbox, -1)
        .map(({ reason }) => Number(/^job (\d+), submitted .*, never started: .* requires a start$/.exec(reason)?.[1]))
        .reverse(),
    [Symbol.dispose]() {
      server.stop();
      box.close();
    },
  };
}

/** Of what a server got, the jobs of each request. */
const sent = (seen: readonly Seen[]) =>
  seen.map(({ body }) => (JSON.parse(body) as { jobs: Job[] }).jobs.map(({ JobID }) => Number(JobID)));

describe('a batch of jobs', () => {
  test('is posted with the key, and delivered when the API says that it took as many', async () => {
    using api = await startApi((request) => ingested(request));
    const id = addJobs(api.box, [job(1), job(2)]);
    expect(await api.drain()).toMatchObject({ delivered: 1, rejected: 0, left: 0 });
    expect(api.server.seen).toMatchObject([
      {
        method: 'POST',
        path: '/api/data/ingest',
        headers: { 'x-api-key': apiKey, 'content-type': 'application/json', 'idempotency-key': id },
      },
    ]);
    expect(api.box.entry(id)).toMatchObject({ state: 'delivered', lastStatus: 200 });
  });

  test('is called jobs in the log, which never shows the key, even if the server returns it', async () => {
    using api = await startApi(() => answer(401, { detail: `Invalid API Key ${apiKey}` }));
    addJobs(api.box, [job(1)]);
    const { lines } = await api.drain();
    expect(lines.join('\n')).toContain('✗ c1 jobs waits: the usage-history API at http://127.0.0.1:');
    expect(lines.join('\n')).toContain('check INGEST_API_KEY');
    expect(lines.join('\n')).not.toContain(apiKey);
  });
});

describe('an answer', () => {
  test.each<[string, (request: Seen) => Reply, object]>([
    [
      'of fewer jobs than were sent waits, and says so',
      (request) => ingested(request, -1),
      {
        state: 'pending',
        attempts: 0,
        lastError: 'HTTP 200 that confirms 0 jobs of 1: ask the administrators of the API',
      },
    ],
    ['of a page that is not the API waits', () => answer(200, '<html>Login</html>'), { state: 'pending', attempts: 0 }],
    ['without success waits', () => answer(200, { success: false, jobs_processed: 1 }), { state: 'pending' }],
    [
      'that the key is wrong waits',
      () => answer(401, { detail: 'Invalid API Key' }),
      { state: 'pending', attempts: 0 },
    ],
    ['that the key is for other clusters waits', () => answer(403, { detail: 'Not for c1' }), { state: 'pending' }],
    [
      'that the address does not exist keeps the entry pending',
      () => answer(404, { detail: 'Not found' }),
      { state: 'pending', attempts: 0 },
    ],
    [
      'that the server has no keys waits, without charge',
      () => answer(500, { detail: 'No API keys configured on server' }),
      { state: 'pending', attempts: 0 },
    ],
    [
      'that its disk is full is tried again later',
      () => answer(500, { detail: 'Error ingesting data: [Errno 28] No space left on device' }),
      { state: 'pending', attempts: 4, failedDrains: 1 },
    ],
    [
      'that times with and without a zone do not go together is final',
      () =>
        answer(500, { detail: 'Error ingesting data: Cannot subtract tz-naive and tz-aware datetime-like objects.' }),
      { state: 'rejected' },
    ],
    [
      'that the cluster has no name is final: each part of the body is as wrong',
      () => answer(422, { detail: [{ type: 'missing', loc: ['body', 'hostname'], msg: 'Field required', input: {} }] }),
      { state: 'rejected', lastError: 'HTTP 422: hostname: Field required' },
    ],
    ['that names the only job is final', () => wrongFields(0), { state: 'rejected' }],
  ])('%s', async (_, reply, expected) => {
    using api = await startApi(reply);
    const id = addJobs(api.box, [job(1, null)]);
    await api.drain();
    expect(api.box.entry(id)).toMatchObject(expected);
    expect(api.box.outbox.list('all')).toHaveLength(1);
  });
});

describe('of a batch of which the API cannot take a part', () => {
  test('the jobs that it names are split off, as often as it names some', async () => {
    const refuses = [[1], [0, 2], []];
    using api = await startApi((request, before) => {
      const indexes = refuses[before] ?? [];
      return indexes.length > 0 ? wrongFields(...indexes) : ingested(request);
    });
    addJobs(api.box, [job(1), job(2), job(3), job(4)]);
    expect(await api.drain()).toMatchObject({ delivered: 1 });
    expect(api.jobs()).toEqual([
      { state: 'delivered', jobs: [3] },
      { state: 'rejected', jobs: [2] },
      { state: 'rejected', jobs: [1, 4] },
    ]);
    expect(api.box.outbox.list('rejected').map(({ lastError }) => lastError)).toEqual([
      '1 job left out: jobs.1.Start: Input should be a valid datetime or date, input is too short',
      '2 jobs left out: jobs.0.Start: Input should be a valid datetime or date, input is too short; jobs.2.Start: Input should be a valid datetime or date, input is too short',
    ]);
  });

  test('jobs that were split off stay split off if the API is unavailable afterwards', async () => {
    let isAway = true;
    using api = await startApi((request) => {
      if (sent([request])[0]?.includes(2)) return wrongFields(1);
      return isAway ? answer(503) : ingested(request);
    });
    const id = addJobs(api.box, [job(1), job(2)]);
    expect(await api.drain()).toMatchObject({ delivered: 0, left: 1 });
    isAway = false;
    api.box.outbox.retry(api.box.entry(id));
    expect(await api.drain()).toMatchObject({ delivered: 1, rejected: 0, left: 0 });
    expect(api.jobs()).toEqual([
      { state: 'delivered', jobs: [1] },
      { state: 'rejected', jobs: [2] },
    ]);
  });

  test.each([
    ['split', wrongFields(1)],
    ['reduced', notStarted],
  ])('nothing is kept of one that somebody dropped before it was %s', async (_, reply) => {
    using api = await startApi(() => {
      api.box.outbox.database.run('DELETE FROM entries');
      return reply;
    });
    addJobs(api.box, [job(1), job(2, null)]);
    expect(await api.drain()).toMatchObject({ delivered: 0, rejected: 0, left: 0 });
    expect(api.jobs()).toEqual([]);
    expect(api.leftOut()).toEqual([]);
  });

  test('each job is delivered, rejected or left out exactly once, for any refused jobs', async () => {
    const batches = fc.array(
      fc.array(fc.record({ isStarted: fc.boolean(), isGood: fc.boolean() }), { minLength: 1, maxLength: 6 }),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(batches, async (made) => {
        let number = 0;
        const good = new Map<number, boolean>();
        const jobs = made.map((jobsOfBatch) =>
          jobsOfBatch.map(({ isStarted, isGood }) => {
            number += 1;
            good.set(number, isGood);
            return job(number, isStarted ? '2026-11-20T10:05:00' : null);
          }),
        );
        const delivered: number[] = [];
        using api = await startApi((request) => {
          const ids = sent([request])[0] ?? [];
          const bad = ids.flatMap((id, index) => (good.get(id) ? [] : [index]));
          if (bad.length > 0) return wrongFields(...bad);
          if (request.body.includes('"Start":null')) return notStarted;
          delivered.push(...ids);
          return ingested(request);
        });
        for (const batch of jobs) addJobs(api.box, batch);
        await api.drain();
        const kept = api.jobs().flatMap(({ state, jobs }) => (state === 'rejected' ? jobs : []));
        const all = jobs.flat();
        const takes = ({ JobID, Start }: Job) => good.get(Number(JobID)) === true && Start !== null;
        expect(delivered.sort((a, b) => a - b)).toEqual(all.filter(takes).map(({ JobID }) => Number(JobID)));
        const accountedFor = [...delivered, ...kept, ...api.leftOut()];
        expect(accountedFor.sort((a, b) => a - b)).toEqual(all.map(({ JobID }) => Number(JobID)));
      }),
      { numRuns: 25 },
    );
  });
});

describe('an API that requires a start', () => {
  const takesStarted = (request: Seen) => (request.body.includes('"Start":null') ? notStarted : ingested(request));

  test('gets the rest of the jobs; those left out are listed, and no entry is rejected', async () => {
    using api = await startApi(takesStarted);
    const id = addJobs(api.box, [job(1), job(2, null), job(3), job(4, null)]);
    const result = await api.drain();
    expect(result).toMatchObject({ delivered: 1, rejected: 0, left: 0 });
    expect(sent(api.server.seen)).toEqual([
      [1, 2, 3, 4],
      [1, 3],
    ]);
    expect(api.jobs()).toEqual([{ state: 'delivered', jobs: [1, 3] }]);
    expect(api.leftOut()).toEqual([2, 4]);
    expect(listDropped(api.box.outbox, 1)[0]).toMatchObject({
      stream: 'ingest/c1',
      reason: `job 4, submitted 2026-11-20T10:00:00, never started: the usage-history API at ${api.server.url} requires a start`,
    });
    expect(api.box.outbox.attempts(api.box.entry(id))).toMatchObject([
      { outcome: 'omitted', status: 500 },
      { outcome: 'accepted', detail: 'jobs_processed=2, sent without 2 jobs that never started' },
    ]);
    expect(result.lines.join('\n')).toContain(
      'such jobs are left out from now on; list them with: hpc-collector outbox',
    );
  });

  test('refuses them once: later they are left out without a failed request', async () => {
    using api = await startApi(takesStarted);
    for (let number = 0; number < 6; number += 2) addJobs(api.box, [job(number), job(number + 1, null)]);
    const result = await api.drain();
    expect(result).toMatchObject({ delivered: 3, rejected: 0 });
    addJobs(api.box, [job(6), job(7, null)]);
    expect(await api.drain()).toMatchObject({ delivered: 1, rejected: 0 });
    expect(sent(api.server.seen)).toEqual([[0, 1], [0], [2], [4], [6]]);
    expect(api.leftOut()).toEqual([1, 3, 5, 7]);
    expect(result.lines.filter((line) => line.includes('from now on'))).toHaveLength(1);
  });

  test('gets an empty list if no job of a batch started, and the entry is delivered', async () => {
    using api = await startApi(takesStarted);
    addJobs(api.box, [job(1, null)]);
    expect(await api.drain()).toMatchObject({ delivered: 1, rejected: 0, left: 0 });
    expect(api.jobs()).toEqual([{ state: 'delivered', jobs: [] }]);
    expect(api.leftOut()).toEqual([1]);
  });

  test('can also say so with a 422 that names the start of each such job', async () => {
    using api = await startApi((request) => {
      const { jobs } = JSON.parse(request.body) as { jobs: Job[] };
      const named = jobs.flatMap(({ Start }, index) => (Start === null ? [index] : []));
      return named.length > 0 ? wrongFields(...named) : ingested(request);
    });
    addJobs(api.box, [job(1, null), job(2)]);
    expect(await api.drain()).toMatchObject({ delivered: 1, rejected: 0 });
    expect(api.jobs()).toEqual([{ state: 'delivered', jobs: [2] }]);
    expect(api.leftOut()).toEqual([1]);
  });

  test('lists a job once, however often it is sent', async () => {
    using api = await startApi(takesStarted);
    for (let count = 0; count < 3; count++) addJobs(api.box, [job(1), job(2, null), job(2, null)]);
    await api.drain();
    expect(api.leftOut()).toEqual([2]);
  });

  test('is known by its address: another server gets all jobs', async () => {
    using api = await startApi(takesStarted);
    addJobs(api.box, [job(1, null)]);
    await api.drain();
    addJobs(api.box, [job(2, null)]);
    const other = await startScripted((request) => ingested(request));
    await drainInto(api.box, destinationAt(other.url));
    other.stop();
    expect(sent(other.seen)).toEqual([[2]]);
    expect(api.leftOut()).toEqual([1]);
  });

  test('does not prevent that each entry is marked as sent before its request', async () => {
    const noted: boolean[] = [];
    using api = await startApi((request) => {
      const [head] = api.box.outbox.list('pending');
      noted.push(head?.firstSentAt instanceof Date);
      return takesStarted(request);
    });
    for (let number = 0; number < 6; number += 2) addJobs(api.box, [job(number), job(number + 1, null)]);
    await api.drain();
    expect(noted).toEqual([true, true, true, true]);
  });
});

test.each([
  ['address', { baseUrl: null, apiKey }, 'set INGEST_API_URL'],
  ['key', { baseUrl: 'http://127.0.0.1:1', apiKey: null }, 'set INGEST_API_KEY'],
])('without its %s nothing is sent, and the line says where it belongs', (_, missing, words) => {
  const { ingest } = collectorSchema.parse({}).destinations;
  expect(() =>
    ingestDestination({ ...ingest, addressSetting, proxy: null, ...missing }, '/etc/hpc-collector/env'),
  ).toThrow(new RegExp(`${words} in the environment or in /etc/hpc-collector/env`));
  expect(() => ingestDestination({ ...ingest, addressSetting, proxy: null, ...missing })).toThrow(OperatorError);
});

describe('a clock of the API that is behind', () => {
  const behind = { Date: new Date(Date.now() - 3_600_000).toUTCString() };
  const took = (request: Seen) => ingested(request).replace('\r\n', `\r\nDate: ${behind.Date}\r\n`);

  test('holds no jobs and no entries of other destinations', async () => {
    using api = await startApi(took);
    for (let number = 0; number < 3; number++) {
      addJobs(api.box, [job(number)]);
      expect(await api.drain()).toMatchObject({ delivered: 1, held: 0 });
    }
    const snapshot = api.box.add('derecho', { collectedAt: new Date() });
    const sam = await startScripted(() => accepted());
    expect(await drainTo(api.box, sam.url)).toMatchObject({ delivered: 1, held: 0 });
    sam.stop();
    expect(api.box.entry(snapshot).state).toBe('delivered');
  });
});
