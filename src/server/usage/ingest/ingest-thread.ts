import type { Account } from '../../auth/caller.ts';
import type { ReceivedBody } from '../../http/body.ts';
import type { Delivery, Stored } from '../../store/deliveries.ts';
import { Unavailable } from '../../store/errors.ts';
import type { Location } from '../../store/open.ts';
import { startThread } from '../start-thread.ts';
import { createThreadClient } from '../thread-client.ts';
import type { IngestAnswer, IngestMessage, ReadBody } from './messages.ts';

/** Reads and stores jobs in a thread of its own, which is started by the first request. */
export type IngestThread = {
  /**
   * Reads a body, which cannot be used after it, and calls `store` at most once with its cluster and number of jobs. `save`
   * stores its jobs. Bodies are read and stored one after the other: the jobs of each take 100 MB in the thread, and
   * reading the next ones would delay a transaction for which other writes wait.
   * @param maxBytes the largest size of the body, after decompression
   * @throws RequestProblem if the body is wrong
   * @throws Unavailable if the database cannot be used, if the thread ends meanwhile, or if too many bodies wait
   */
  ingest<Result>(
    body: ReceivedBody,
    maxBytes: number,
    sender: Account,
    store: (read: ReadBody, save: (delivery: Omit<Delivery, 'sha256'>) => Promise<Stored>) => Promise<Result>,
  ): Promise<Result>;
  close(): void;
};

/** Bodies of 30 MB each. A client that comes later is answered 503 and tries again. */
const maxWaiting = 16;

/**
 * Returns the client of the thread.
 * @param start starts the thread
 */
export function createIngestThread(
  location: Location,
  start: () => Worker = () => startThread('ingest/ingest-worker'),
): IngestThread {
  const thread = createThreadClient<IngestMessage, IngestAnswer>('ingest', start, { kind: 'open', location });
  let nextBatch = 0;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  const ingestNow: IngestThread['ingest'] = async (body, maxBytes, sender, store) => {
    const batch = nextBatch++;
    const answer = await thread.ask({ kind: 'read', batch, body, maxBytes, sender }, buffersOf(body));
    if (!('read' in answer)) throw new Error('the ingest thread did not read');
    let isSaving = false;
    const stored = store(answer.read, async (delivery) => {
      isSaving = true;
      const saved = await thread.ask({ kind: 'store', batch, delivery });
      if (!('stored' in saved)) throw new Error('the ingest thread did not store');
      return saved.stored;
    });
    // The thread keeps the jobs, up to 100 MB, until it stores or drops them.
    return stored.finally(() => {
      if (!isSaving) thread.tell({ kind: 'drop', batch });
    });
  };

  return {
    async ingest(...request) {
      if (waiting >= maxWaiting) throw new Unavailable('busy', `${maxWaiting} large requests of jobs wait already`);
      waiting += 1;
      const ingested = last.then(() => ingestNow(...request));
      last = ingested.catch(() => undefined).finally(() => (waiting -= 1));
      return ingested;
    },
    close: thread.close,
  };
}

/** Returns the memory of a body, which passes to the thread without a copy. */
function buffersOf({ pieces }: ReceivedBody): ArrayBuffer[] {
  return [...new Set(pieces.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? buffer : [])))];
}
