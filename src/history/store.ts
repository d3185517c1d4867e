import { ingestPath, ingestStream } from '../delivery/ingest-entries.ts';
import type { StoredBody } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { JobBatch } from './batch-file.ts';
import { forgetOld } from './fingerprints.ts';
import { type Progress, readProgress, writeProgress } from './progress.ts';

/**
 * Stores the new jobs of a window, their fingerprints, and the progress of the export in one transaction. Throws
 * OutboxUnwritable.
 */
export function storeWindow(
  outbox: Outbox,
  cluster: string,
  batches: Iterable<JobBatch>,
  progressAfter: (before: Progress) => Progress,
  now: Date,
): void {
  outbox.atomically(() => {
    let from = now;
    for (const { body, fingerprints } of batches) {
      // The entries get increasing timestamps.
      from = outbox.add(from, (time) => entryAt(cluster, body, time)).entry.collectedAt;
      fingerprints.remember(outbox, cluster, now);
    }
    forgetOld(outbox, now);
    writeProgress(outbox, cluster, progressAfter(readProgress(outbox, cluster)));
  });
}

function entryAt(cluster: string, body: StoredBody, collectedAt: Date) {
  return {
    stream: ingestStream(cluster),
    destination: 'ingest',
    method: 'POST',
    path: ingestPath,
    body,
    collectedAt,
    failedProbes: [],
    rejectedBecause: null,
  } as const;
}
