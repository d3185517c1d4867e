import { defaultJobsDestination, ingestPath, ingestStream } from '../delivery/ingest-entries.ts';
import type { StoredBody } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { JobBatch } from './batch-file.ts';
import { forgetOld } from './fingerprints.ts';
import { type Progress, readProgress, writeProgress } from './progress.ts';

/**
 * Stores the new jobs of a window for each destination, their fingerprints, and the progress of the export in one transaction. Throws
 * OutboxUnwritable.
 */
export function storeWindow(
  outbox: Outbox,
  cluster: string,
  batches: Iterable<JobBatch>,
  progressAfter: (before: Progress) => Progress,
  now: Date,
  destinations: readonly string[] = [defaultJobsDestination],
): void {
  outbox.atomically(() => {
    let from = now;
    for (const { body, fingerprints } of batches) {
      // The entries get increasing timestamps.
      const [first] = outbox.addAll(from, (time) =>
        destinations.map((destination) => entryAt(cluster, destination, body, time)),
      );
      from = first?.entry.collectedAt ?? from;
      fingerprints.remember(outbox, cluster, now);
    }
    forgetOld(outbox, now);
    writeProgress(outbox, cluster, progressAfter(readProgress(outbox, cluster)));
  });
}

function entryAt(cluster: string, destination: string, body: StoredBody, collectedAt: Date) {
  return {
    stream: ingestStream(cluster, destination),
    destination,
    method: 'POST',
    path: ingestPath,
    body,
    collectedAt,
    failedProbes: [],
    rejectedBecause: null,
  } as const;
}
