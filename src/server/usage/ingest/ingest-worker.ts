/**
 * The thread that reads and stores large requests of jobs: it takes seconds, in which other requests must be answered.
 * It is an entry point of scripts/build-binary.ts.
 */

import { bytesOf } from '../../http/body.ts';
import { sha256Of } from '../../store/deliveries.ts';
import { openStore } from '../../store/open.ts';
import type { Store } from '../../store/port.ts';
import type { Batch } from '../batch.ts';
import { failureOf } from '../thread-messages.ts';
import type { FromIngestThread, ToIngestThread } from './messages.ts';
import { readJobs, storeBatch } from './store-batch.ts';

declare const self: Worker;

let opened: Promise<Store> | null = null;
const batches = new Map<number, { readonly batch: Batch; readonly sha256: Uint8Array }>();

self.onmessage = async ({ data }: MessageEvent<ToIngestThread>) => {
  if (data.kind === 'open') {
    opened = openStore(data.location);
    // The first request reports it.
    opened.catch(() => undefined);
    return;
  }
  try {
    if (data.kind === 'drop') batches.delete(data.id);
    else self.postMessage(await answer(data));
  } catch (error) {
    batches.delete(data.id);
    self.postMessage({ id: data.id, failure: failureOf(error) } satisfies FromIngestThread);
  }
  // The rows of 100,000 jobs are 100 MB.
  if (batches.size === 0) Bun.gc(true);
};

async function answer(message: Exclude<ToIngestThread, { kind: 'open' | 'drop' }>): Promise<FromIngestThread> {
  const { id } = message;
  if (message.kind === 'read') {
    const bytes = await bytesOf(message.body, message.maxBytes);
    const batch = await readJobs(bytes, message.sender);
    batches.set(id, { batch, sha256: sha256Of(bytes) });
    return { id, read: { hostname: batch.hostname, jobs: batch.jobs.length, length: bytes.byteLength } };
  }
  const read = batches.get(id);
  batches.delete(id);
  const store = await opened;
  if (store === null || read === undefined) throw new Error('there is no such batch');
  return { id, stored: await storeBatch(store, read.batch, { ...message.delivery, sha256: read.sha256 }) };
}
