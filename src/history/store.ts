import { ingestPath, ingestStream } from '../delivery/ingest-entries.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Batch } from './batch-file.ts';
import { forgetOld } from './fingerprints.ts';
import { type Progress, readProgress, writeProgress } from './progress.ts';

/**
 * Stores the new jobs of a window, their fingerprints, and the progress of the export in one transaction. Throws
 * OutboxUnwritable.
 */
export function storeWindow(
  outbox: Outbox,
  cluster: string,
  batches: Iterable<Batch>,
  progressAfter: (before: Progress) => Progress,
  now: Date,
): void {
  outbox.atomically(() => {
    let moment = now.getTime();
    for (const { body, fingerprints } of batches) {
      // No two entries of a destination have one moment; these are in order by theirs.
      while (outbox.addStored(entryAt(cluster, new Date(moment)), body).kind === 'moment-taken') moment += 1;
      fingerprints.remember(outbox, cluster, now);
    }
    forgetOld(outbox, now);
    writeProgress(outbox, cluster, progressAfter(readProgress(outbox, cluster)));
  });
}

function entryAt(cluster: string, collectedAt: Date) {
  return {
    stream: ingestStream(cluster),
    destination: 'ingest',
    method: 'POST',
    path: ingestPath,
    collectedAt,
    failedProbes: [],
    rejectedBecause: null,
  } as const;
}
