/** The thread that stores large requests, without the receiver around it. */

import { Database } from 'bun:sqlite';
import { afterEach, describe, expect, test } from 'bun:test';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Unavailable } from '../../../src/server/store/errors.ts';
import { type Location, withStore } from '../../../src/server/store/open.ts';
import { createIngestThread, type IngestThread } from '../../../src/server/usage/ingest/ingest-thread.ts';
import type { IngestAnswer, IngestMessage } from '../../../src/server/usage/ingest/messages.ts';
import { startThread } from '../../../src/server/usage/start-thread.ts';
import type { FromThread, ToThread } from '../../../src/server/usage/thread-messages.ts';
import { sharedCluster } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { freshDatabase, freshDatabasePath, overEngines } from '../helper.ts';
import { jobRecord } from './helper.ts';

const sender = { name: 'shared', kind: 'key', scopes: ['write:*'] } as const;
const delivery = { path: '/api/data/ingest', user: 'shared', key: null, receivedAt: new Date(), stream: null };

let thread: IngestThread;
let worker: Worker;
afterEach(() => thread.close());

function openThread(database: Location): void {
  thread = createIngestThread(database, () => {
    worker = startThread('ingest/ingest-worker');
    return worker;
  });
}

/** Sends jobs, one by default. `store` is called when they are read. */
function ingest(
  store: Parameters<IngestThread['ingest']>[3] = (_, save) => save(delivery),
  count = 1,
): Promise<unknown> {
  const jobs = Array.from({ length: count }, (_, index) => jobRecord({ JobID: String(index) }));
  const bytes = new TextEncoder().encode(JSON.stringify({ hostname: 'north', jobs }));
  return thread.ingest({ pieces: [bytes], length: bytes.byteLength, isGzip: false }, bytes.byteLength, sender, store);
}

/** True while jobs are being written. */
async function isWriting(database: Location): Promise<boolean> {
  if (typeof database !== 'string') {
    const { sql } = await sharedCluster();
    const writing = `datname = '${database.database}' AND query LIKE 'INSERT INTO jobs%'`;
    return (await sql(`SELECT pid FROM pg_stat_activity WHERE ${writing}`)).length > 0;
  }
  const other = new Database(database);
  try {
    other.run('BEGIN IMMEDIATE');
    return false;
  } catch {
    return true;
  } finally {
    other.close();
  }
}

function storedJobs(database: Location): Promise<unknown[]> {
  return withStore(database, (store) => store.all('SELECT job_id FROM jobs'));
}

/** Sends a message to the thread without its client, and returns the answer. */
function askThread(message: IngestMessage): Promise<FromThread<IngestAnswer>> {
  const id = 1_000_000;
  const { promise, resolve } = Promise.withResolvers<FromThread<IngestAnswer>>();
  worker.addEventListener('message', ({ data }: MessageEvent<FromThread<IngestAnswer>>) => {
    if (data.id === id) resolve(data);
  });
  worker.postMessage({ id, message } satisfies ToThread<IngestMessage>);
  return promise;
}

overEngines((engine) => {
  test('the thread does not keep the jobs of a request that cannot be stored', async () => {
    const { database, remove } = await freshDatabase(engine);
    openThread(database);
    const unavailable = ingest(() => Promise.reject(new Unavailable('unreachable', 'the server does not answer')));
    await expect(unavailable).rejects.toThrow('the server does not answer');
    expect(await askThread({ kind: 'store', batch: 0, delivery })).toMatchObject({ failure: { kind: 'unavailable' } });
    expect(await storedJobs(database)).toEqual([]);
    remove();
  });

  test('if the thread ends while it stores jobs, none of them is stored, and the next request is', async () => {
    const { database, remove } = await freshDatabase(engine);
    openThread(database);
    const interrupted = ingest(async (_, save) => {
      const saved = save(delivery);
      await Promise.race([saved, until(() => isWriting(database), 'jobs are being written')]);
      worker.terminate();
      return saved;
    }, 20_000);
    await expect(interrupted).rejects.toBeInstanceOf(Unavailable);
    await ingest();
    expect(await storedJobs(database)).toHaveLength(1);
    remove();
  });

  test('if the thread ends after it read jobs, their request is unavailable, and the next one is stored', async () => {
    const { database, remove } = await freshDatabase(engine);
    openThread(database);
    const interrupted = ingest(async (_, save) => {
      const { promise: ended, resolve } = Promise.withResolvers<unknown>();
      worker.addEventListener('close', resolve);
      worker.terminate();
      await ended;
      return save(delivery);
    });
    await expect(interrupted).rejects.toBeInstanceOf(Unavailable);
    expect(await storedJobs(database)).toEqual([]);
    await ingest();
    expect(await storedJobs(database)).toHaveLength(1);
    remove();
  });
});

test('a database that could not be opened when the thread began is opened by a later request', async () => {
  const { path, remove } = freshDatabasePath();
  const directory = dirname(path);
  rmSync(directory, { recursive: true });
  writeFileSync(directory, '');
  openThread(path);
  await expect(ingest()).rejects.toBeInstanceOf(Unavailable);
  rmSync(directory);
  mkdirSync(directory);
  await ingest();
  expect(await storedJobs(path)).toHaveLength(1);
  remove();
});

describe('requests that come together', () => {
  const notEnding = () => new Promise<never>(() => undefined);

  test('are read and stored one after the other', async () => {
    const { path, remove } = freshDatabasePath();
    openThread(path);
    const { promise: isRead, resolve: read } = Promise.withResolvers<void>();
    const { promise: goOn, resolve: release } = Promise.withResolvers<void>();
    const order: string[] = [];
    const first = ingest(async () => {
      read();
      await goOn;
      order.push('the first is stored');
    });
    const second = ingest(async () => order.push('the second is read'));
    await isRead;
    // The thread answers in the order of the messages: it would have read the second by now.
    await askThread({ kind: 'store', batch: 1, delivery });
    release();
    await Promise.all([first, second]);
    expect(order).toEqual(['the first is stored', 'the second is read']);
    remove();
  });

  test('are refused if too many wait', async () => {
    const { path, remove } = freshDatabasePath();
    openThread(path);
    for (let count = 0; count < 16; count++) ingest(notEnding).catch(() => undefined);
    await expect(ingest()).rejects.toThrow('16 large requests of jobs wait already');
    remove();
  });
});
