/**
 * The thread that reads and stores large requests of jobs: it takes seconds, in which other requests must be answered.
 * It is an entry point of scripts/build-binary.ts.
 */

import { messageOf } from '../../../lib/errors.ts';
import { bytesOf } from '../../http/body.ts';
import { sha256Of } from '../../store/deliveries.ts';
import { Unavailable } from '../../store/errors.ts';
import { type Location, openStore } from '../../store/open.ts';
import type { Store } from '../../store/port.ts';
import type { Batch } from '../batch.ts';
import { answerFrom, type ToThread } from '../thread-messages.ts';
import type { IngestAnswer, IngestMessage } from './messages.ts';
import { readJobs, storeBatch } from './store-batch.ts';

declare const self: Worker;

let location: Location | null = null;
let opened: Promise<Store> | null = null;
const batches = new Map<number, { readonly batch: Batch; readonly sha256: Uint8Array }>();

self.onmessage = async ({ data: { id, message } }: MessageEvent<ToThread<IngestMessage>>) => {
  if (message.kind === 'open') {
    location = message.location;
    // The first request opens it again and reports the failure.
    await openedStore().catch(() => undefined);
    return;
  }
  if (message.kind === 'drop') batches.delete(message.batch);
  else if (id !== null) self.postMessage(await answerFrom(id, () => answer(message)));
  // The rows of 100,000 jobs are 100 MB.
  if (batches.size === 0) Bun.gc(true);
};

async function answer(message: Extract<IngestMessage, { kind: 'read' | 'store' }>): Promise<IngestAnswer> {
  if (message.kind === 'read') {
    const bytes = await bytesOf(message.body, message.maxBytes);
    const batch = await readJobs(bytes, message.sender);
    batches.set(message.batch, { batch, sha256: sha256Of(bytes) });
    return { read: { hostname: batch.hostname, jobs: batch.jobs.length, length: bytes.byteLength } };
  }
  const read = batches.get(message.batch);
  batches.delete(message.batch);
  if (read === undefined) throw new Unavailable('busy', 'the ingest thread has ended after it read the jobs');
  const store = await openedStore();
  return { stored: await storeBatch(store, read.batch, { ...message.delivery, sha256: read.sha256 }) };
}

/**
 * Returns the database. Opens it if it is not open: the server of a database may not have run before.
 * @throws Unavailable if it cannot be opened
 */
async function openedStore(): Promise<Store> {
  if (location === null) throw new Error('the thread has no database');
  opened ??= openStore(location);
  try {
    return await opened;
  } catch (error) {
    opened = null;
    throw new Unavailable('failed', messageOf(error), { cause: error });
  }
}
