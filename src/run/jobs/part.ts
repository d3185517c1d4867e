import { destinationsOfKind } from '../../config/destination-settings.ts';
import { ingestStream } from '../../delivery/ingest-entries.ts';
import { BatchFile } from '../../history/batch-file.ts';
import { gatheringFile } from '../../history/files.ts';
import { reclaimableForJobs, unsent } from '../../history/fingerprints.ts';
import { type PartSums, readPart } from '../../history/read-part.ts';
import type { HistoryPart, HistorySource } from '../../history/source.ts';
import { storePart } from '../../history/store.ts';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { counted } from '../../lib/text.ts';
import { openToWrite } from '../../outbox/open.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { entryOverhead, makeRoomWithoutLoss } from '../../outbox/retention.ts';
import type { Context } from '../context.ts';
import { boundsOf } from '../make-room.ts';
import { stopSignal } from '../signals.ts';

/**
 * The export stops reading if this many entries of the cluster are pending. The scheduler keeps the jobs too,
 * and has more room.
 */
const mostWaiting = 200;

/** The inputs of one export. */
export type Export = {
  readonly context: Context;
  readonly log: Log;
  readonly source: HistorySource;
  readonly isAgain: boolean;
};

/** Reads a part and stores its new jobs. If it throws OperatorError, nothing of the part is stored. */
export async function exportPart(work: Export, part: HistoryPart, progress: (rows: number) => void): Promise<PartSums> {
  const outbox = openToWrite(work.context.outbox, 'free');
  try {
    return await outbox.runLong(async (current) => {
      refuseBacklog(current, work);
      const spill = new BatchFile(gatheringFile(work.context.outbox.file, work.source.cluster));
      try {
        return await gatherAndStore(work, part, { outbox: current, spill, progress });
      } finally {
        spill.close();
      }
    });
  } finally {
    outbox.close();
  }
}

async function gatherAndStore(
  { context, source, isAgain, log }: Export,
  part: HistoryPart,
  to: { readonly outbox: Outbox; readonly spill: BatchFile; progress(rows: number): void },
): Promise<PartSums> {
  const { cluster } = source;
  const { outbox, spill, progress } = to;
  const gathered = await readPart(part, source, {
    unsent: (candidates) => (isAgain ? candidates : unsent(outbox, cluster, candidates)),
    take: (body, jobs) => spill.add(body, jobs),
    progress,
  }).catch((error) => {
    throw aboutPart(error, part);
  });
  makeRoomFor(spill, outbox, context);
  const { deliver_to } = context.config.collector.jobs;
  storePart(outbox, cluster, spill.batches(), (current) => part.save(current, gathered), new Date(), deliver_to);
  if (spill.count > 0) {
    const entries = counted(spill.count, 'entry', 'entries');
    log.info(`Stored ${counted(gathered.fresh, 'job')} ${part.text} in ${entries}`);
  }
  return gathered;
}

function aboutPart(error: unknown, { text }: HistoryPart): unknown {
  if (!(error instanceof OperatorError)) return error;
  const what = stopSignal.aborted ? 'interrupted; the next export continues here' : error.message;
  return new OperatorError(`no jobs ${text} are stored: ${what}`, { exitCode: error.exitCode, cause: error });
}

/** Returns the stream of the cluster with the fewest pending entries, and their number: one slow destination stops nothing. */
function leastWaiting(
  outbox: Outbox,
  { source, context }: Export,
): { readonly stream: string; readonly count: number } {
  const streams = context.config.collector.jobs.deliver_to.map((name) => ingestStream(source.cluster, name));
  const [least = { stream: ingestStream(source.cluster), count: 0 }] = streams
    .map((stream) => ({ stream, count: outbox.countPending(stream) }))
    .sort((one, other) => one.count - other.count);
  return least;
}

/** True if pending entries must be delivered before more is read. */
export function isBackedUp(outbox: Outbox, work: Export): boolean {
  return leastWaiting(outbox, work).count >= mostWaiting;
}

function refuseBacklog(outbox: Outbox, work: Export): void {
  if (stopSignal.aborted)
    throw new OperatorError('interrupted; the next export continues here', { exitCode: exitCodes.failed });
  const { stream, count } = leastWaiting(outbox, work);
  if (count < mostWaiting) return;
  throw new OperatorError(
    `${count} entries are pending, and no more jobs are read until they are delivered: run hpc-collector drain --stream ${stream}, then the same command again; it continues here`,
    { exitCode: exitCodes.failed },
  );
}

/**
 * Makes room without deleting undelivered entries: pending snapshots cannot be collected again, but jobs can be read
 * again.
 */
function makeRoomFor({ bytes, count }: BatchFile, outbox: Outbox, { config }: Context): void {
  const needed = (bytes + count * entryOverhead) * config.collector.jobs.deliver_to.length;
  const reclaimable = reclaimableForJobs(outbox, destinationsOfKind(config, 'ingest'));
  if (needed === 0 || makeRoomWithoutLoss(outbox, boundsOf(config), needed, new Date(), reclaimable)) return;
  throw new OperatorError(
    `the outbox has no room for ${Math.ceil(needed / 1024 ** 2)} MiB of job history: deliver the pending entries with hpc-collector drain, or raise outbox.max_mib in collector.yaml; then run the same command again; it continues here`,
    { exitCode: exitCodes.failed },
  );
}
