import { type Account, requireScope } from '../../auth/caller.ts';
import { type Delivery, type Stored, storeOnce } from '../../store/deliveries.ts';
import type { Store } from '../../store/port.ts';
import { timestampOf } from '../../timestamp.ts';
import { type Batch, readBatch } from '../batch.ts';
import { fields } from '../records.ts';
import { storeAndSegment } from '../store-jobs.ts';

const columns = fields.map((field) => field.column);

/**
 * Reads the jobs in the body of a POST.
 * @throws RequestProblem 403 if the sender may not send jobs of the cluster, 422 that names every fault
 */
export function readJobs(bytes: Uint8Array, sender: Account): Promise<Batch> {
  return readBatch(bytes, (cluster) => requireScope(sender, `write:${cluster}`));
}

/** Stores jobs and the segments of their days in one transaction, and returns the answer. */
export function storeBatch(store: Store, { hostname, jobs }: Batch, delivery: Delivery): Promise<Stored> {
  const received = { cluster: hostname, columns, rows: jobs, receivedAt: timestampOf(delivery.receivedAt) };
  return storeOnce(store, delivery, async (writer) => {
    await storeAndSegment(writer, { ...received, receivedFrom: delivery.user });
    return { answer: answerTo(hostname, jobs.length), replayed: false };
  });
}

function answerTo(hostname: string, jobs: number): string {
  return JSON.stringify({
    success: true,
    message: `Successfully ingested ${jobs} jobs for ${hostname}`,
    jobs_processed: jobs,
    hostname,
  });
}
