import { defaultJobsDestination, ingestPath, ingestStream } from '../delivery/ingest-entries.ts';
import type { StoredBody } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { JobBatch } from './batch-file.ts';
import { forgetOld } from './fingerprints.ts';

/**
 * Stores the new jobs of a part of the history for each destination, their fingerprints, and with `save` that the part was
 * read, in one transaction. Throws OutboxUnwritable.
 */
export function storePart(
  outbox: Outbox,
  cluster: string,
  batches: Iterable<JobBatch>,
  save: (outbox: Outbox) => void,
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
    save(outbox);
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
