import { destinationsOfKind } from '../../config/destination-settings.ts';
import { ingestStream } from '../../delivery/ingest-entries.ts';
import { BatchFile } from '../../history/batch-file.ts';
import { gatheringFile } from '../../history/files.ts';
import { reclaimableForJobs, unsent } from '../../history/fingerprints.ts';
import { afterWindow, type Plan } from '../../history/plan.ts';
import type { Progress } from '../../history/progress.ts';
import { type HistorySource, readWindow, type WindowResult } from '../../history/read-window.ts';
import { storeWindow } from '../../history/store.ts';
import { day } from '../../history/windows.ts';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { counted } from '../../lib/text.ts';
import { openToWrite } from '../../outbox/open.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { entryOverhead, makeRoomWithoutLoss } from '../../outbox/retention.ts';
import type { Window } from '../../slurm/sacct.ts';
import type { Context } from '../context.ts';
import { boundsOf } from '../make-room.ts';
import { stopSignal } from '../signals.ts';
import { rangeText } from './export-request.ts';

/**
 * The export stops reading if this many entries of the cluster are pending. slurmdbd keeps the jobs too, and has more
 * room.
 */
const mostWaiting = 200;

/** The inputs of one export. */
export type Export = {
  readonly context: Context;
  readonly log: Log;
  readonly source: HistorySource;
  readonly plan: Plan;
  readonly isAgain: boolean;
  readonly now: Date;
};

/** Reads a window and stores its new jobs. If it throws OperatorError, nothing of the window is stored. */
export async function exportWindow(
  work: Export,
  window: Window,
  progress: (rows: number) => void,
): Promise<WindowResult> {
  const outbox = openToWrite(work.context.outbox, 'free');
  try {
    return await outbox.runLong(async (current) => {
      refuseBacklog(current, work);
      const spill = new BatchFile(gatheringFile(work.context.outbox.file, work.source.cluster));
      try {
        return await gatherAndStore(work, window, { outbox: current, spill, progress });
      } finally {
        spill.close();
      }
    });
  } finally {
    outbox.close();
  }
}

async function gatherAndStore(
  { context, source, plan, isAgain, log, now }: Export,
  window: Window,
  to: { readonly outbox: Outbox; readonly spill: BatchFile; progress(rows: number): void },
): Promise<WindowResult> {
  const { cluster } = source;
  const { outbox, spill, progress } = to;
  const gathered = await readWindow(window, source, {
    unsent: (candidates) => (isAgain ? candidates : unsent(outbox, cluster, candidates)),
    take: (body, jobs) => spill.add(body, jobs),
    progress,
  }).catch((error) => {
    throw aboutWindow(error, window);
  });
  makeRoomFor(spill, outbox, context);
  const isOld = window.to.getTime() < now.getTime() - context.config.collector.jobs.window_days * day;
  const isWhole = gathered.damaged.count === 0 || isOld;
  const after = (before: Progress): Progress => ({
    ...afterWindow(before, plan, window, isWhole),
    timezone: source.timeZone,
  });
  storeWindow(outbox, cluster, spill.batches(), after, new Date(), context.config.collector.jobs.deliver_to);
  if (spill.count > 0) {
    const entries = counted(spill.count, 'entry', 'entries');
    log.info(`Stored ${counted(gathered.fresh, 'job')} that ended ${rangeText(window)} in ${entries}`);
  }
  return gathered;
}

function aboutWindow(error: unknown, window: Window): unknown {
  if (!(error instanceof OperatorError)) return error;
  const what = stopSignal.aborted ? 'interrupted; the next export continues here' : error.message;
  return new OperatorError(`no jobs that ended ${rangeText(window)} are stored: ${what}`, {
    exitCode: error.exitCode,
    cause: error,
  });
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
