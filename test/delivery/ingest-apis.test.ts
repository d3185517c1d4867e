/** What becomes of an entry at the ingest API's own server, as it was recorded, and at the receiver. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { collectorSchema } from '../../src/config/collector.ts';
import { ingestDestination } from '../../src/delivery/ingest.ts';
import { ingestPath } from '../../src/delivery/ingest-entries.ts';
import { fixtureLines, type IngestReceiver, jobRecord, startIngest } from '../server/usage/helper.ts';
import { answer, drainInto, openOutbox, startScripted } from './helper.ts';

function destinationAt(baseUrl: string, apiKey: string) {
  const { ingest } = collectorSchema.parse({}).destinations;
  const addressSetting = 'INGEST_API_URL';
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

function openWith(body: string) {
  const box = openOutbox();
  box.add('', { stream: 'ingest/c1', destination: 'ingest', path: ingestPath, body });
  return {
    drain: (url: string, key: string) => drainInto(box, destinationAt(url, key)),
    states: () => box.outbox.list('all').map(({ state, attempts }) => ({ state, attempts })),
    [Symbol.dispose]: () => box.close(),
  };
}

type Exchange = { name: string; method: string; path: string; body: string; status: number; answer: object };
const exchanges = new Map(fixtureLines<Exchange>('exchanges.jsonl').map((exchange) => [exchange.name, exchange]));

describe('the answer that was recorded', () => {
  const delivered = { state: 'delivered', attempts: 1 } as const;
  const rejected = { state: 'rejected', attempts: 1 } as const;
  const misconfigured = { state: 'pending', attempts: 0 } as const;
  test.each([
    ['ingest-one', delivered],
    ['ingest-one-again', delivered],
    ['ingest-empty', delivered],
    ['ingest-tz2', delivered],
    ['ingest-nokey', misconfigured],
    ['ingest-badkey', misconfigured],
    ['ingest-badkey-badbody', misconfigured],
    ['ingest-badjson', rejected],
    ['ingest-missing', rejected],
    ['ingest-start-None', rejected],
    ['ingest-jobid-int', rejected],
    ['ingest-float', rejected],
    ['ingest-tz', rejected],
    ['ingest-epoch', rejected],
  ])('to %s', async (name, expected) => {
    const exchange = exchanges.get(name);
    if (!exchange) throw new Error(`no exchange ${name} was recorded`);
    const server = await startScripted(() => answer(exchange.status, exchange.answer));
    using box = openWith(exchange.body);
    await box.drain(server.url, 'key');
    server.stop();
    expect(box.states()).toEqual([expected]);
  });

  test.each([
    ['one job that never started among others: they are sent again without it', 'ingest-mixed-null', 'ingest-one'],
    ['a job that never started alone: an empty list is sent', 'ingest-start-null', 'ingest-empty'],
  ])('to %s', async (_, refusal, acceptance) => {
    const [refused, taken] = [exchanges.get(refusal), exchanges.get(acceptance)];
    if (!refused || !taken) throw new Error('it was not recorded');
    const server = await startScripted(({ body }) =>
      body.includes('"Start":null') ? answer(refused.status, refused.answer) : answer(taken.status, taken.answer),
    );
    using box = openWith(refused.body);
    await box.drain(server.url, 'key');
    server.stop();
    expect(box.states()).toEqual([{ state: 'delivered', attempts: 2 }]);
  });
});

describe('the receiver', () => {
  let receiver: IngestReceiver;
  beforeAll(async () => {
    receiver = await startIngest();
  });
  afterAll(() => receiver.remove());

  const bodyOf = (hostname: string, ...jobs: object[]) => JSON.stringify({ hostname, jobs });

  test('takes a batch, and of one sent again keeps each job once', async () => {
    const body = bodyOf('twice', jobRecord({ JobID: '1' }), jobRecord({ JobID: '2' }));
    for (let time = 1; time <= 2; time++) {
      using box = openWith(body);
      expect(await box.drain(receiver.url, receiver.key)).toMatchObject({ delivered: 1, left: 0 });
    }
    expect((await receiver.jobs('twice')).map(({ job_id }) => job_id)).toEqual(['1', '2']);
  });

  test('takes jobs that were cancelled before they started, with the others', async () => {
    using box = openWith(bodyOf('cancelled', jobRecord({ JobID: '1' }), jobRecord({ JobID: '2', Start: null })));
    expect(await box.drain(receiver.url, receiver.key)).toMatchObject({ delivered: 1, rejected: 0 });
    expect((await receiver.jobs('cancelled')).map(({ job_id, start }) => [job_id, start])).toEqual([
      ['1', '2026-11-20T10:05:00'],
      ['2', null],
    ]);
  });

  test('names jobs that it cannot store, which are kept as rejected, and stores the others', async () => {
    using box = openWith(
      bodyOf('mixed', jobRecord({ JobID: '1', Start: 'soon' }), jobRecord({ JobID: '2' }), jobRecord({ JobID: 3 })),
    );
    expect(await box.drain(receiver.url, receiver.key)).toMatchObject({ delivered: 1, rejected: 1 });
    expect((await receiver.jobs('mixed')).map(({ job_id }) => job_id)).toEqual(['2']);
  });

  test('refuses a wrong key, and a key for another cluster: the jobs wait', async () => {
    for (const key of ['wrong', await receiver.addKey('other', 'write:elsewhere')]) {
      using box = openWith(bodyOf('mine', jobRecord()));
      expect(await box.drain(receiver.url, key)).toMatchObject({ delivered: 0, rejected: 0, left: 1 });
      expect(box.states()).toEqual([{ state: 'pending', attempts: 0 }]);
    }
  });
});
