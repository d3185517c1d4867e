import type { Account } from '../../auth/caller.ts';
import type { ReceivedBody } from '../../http/body.ts';
import type { Delivery, Stored } from '../../store/deliveries.ts';
import { Unavailable } from '../../store/errors.ts';
import type { Location } from '../../store/open.ts';
import { startThread } from '../start-thread.ts';
import { errorOf } from '../thread-messages.ts';
import type { FromIngestThread, ReadBody, ToIngestThread } from './messages.ts';

/** Reads and stores jobs in a thread of its own, which is started by the first request. */
export type IngestThread = {
  /**
   * Reads a body, which cannot be used after it, and calls `store` once at most with what it has. `save` stores its jobs.
   * @param maxBytes the largest size of the body, after decompression
   * @throws RequestProblem if the body is wrong
   * @throws Unavailable if the database cannot be used, or if the thread ends meanwhile
   */
  ingest<Result>(
    body: ReceivedBody,
    maxBytes: number,
    sender: Account,
    store: (read: ReadBody, save: (delivery: Omit<Delivery, 'sha256'>) => Promise<Stored>) => Promise<Result>,
  ): Promise<Result>;
  close(): void;
};

type Waiting = { readonly resolve: (answer: FromIngestThread) => void; readonly reject: (error: Error) => void };

/** Returns the client of the thread. */
export function createIngestThread(location: Location): IngestThread {
  let worker: Worker | null = null;
  let nextId = 0;
  const waiting = new Map<number, Waiting>();

  function end(reason: string): void {
    worker?.terminate();
    worker = null;
    const all = [...waiting.values()];
    waiting.clear();
    for (const { reject } of all) reject(new Unavailable('busy', `the ingest thread has ended: ${reason}`));
  }

  function started(): Worker {
    if (worker !== null) return worker;
    const made = startThread('ingest/ingest-worker');
    const endThis = (reason: string) => {
      if (worker === made) end(reason);
    };
    made.addEventListener('message', ({ data }: MessageEvent<FromIngestThread>) => {
      const caller = waiting.get(data.id);
      waiting.delete(data.id);
      if ('failure' in data) caller?.reject(errorOf(data.failure));
      else caller?.resolve(data);
    });
    made.addEventListener('error', ({ message }) => endThis(message));
    made.addEventListener('close', () => endThis('it ended'));
    made.postMessage({ kind: 'open', location } satisfies ToIngestThread);
    worker = made;
    return made;
  }

  function ask(
    message: Exclude<ToIngestThread, { kind: 'open' | 'drop' }>,
    transfer: ArrayBuffer[],
  ): Promise<FromIngestThread> {
    const { promise, resolve, reject } = Promise.withResolvers<FromIngestThread>();
    waiting.set(message.id, { resolve, reject });
    started().postMessage(message, transfer);
    return promise;
  }

  return {
    async ingest(body, maxBytes, sender, store) {
      const id = nextId++;
      const answer = await ask({ kind: 'read', id, body, maxBytes, sender }, buffersOf(body));
      if (!('read' in answer)) throw new Error('the ingest thread did not read');
      let isSaving = false;
      const stored = store(answer.read, async (delivery) => {
        isSaving = true;
        const saved = await ask({ kind: 'store', id, delivery }, []);
        if (!('stored' in saved)) throw new Error('the ingest thread did not store');
        return saved.stored;
      });
      // The thread keeps the jobs, up to 100 MB, until it is told what to do with them.
      return stored.finally(() => {
        if (!isSaving) worker?.postMessage({ kind: 'drop', id } satisfies ToIngestThread);
      });
    },
    close: () => end('the receiver stops'),
  };
}

/** Returns the memory of a body, which passes to the thread without a copy. */
function buffersOf({ pieces }: ReceivedBody): ArrayBuffer[] {
  return [...new Set(pieces.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? buffer : [])))];
}
