import { type DrainOptions, systemOf } from '../delivery/drain.ts';
import { destinationOfStream } from '../delivery/sam-entries.ts';
import { type ExitCode, exitCodes, type OperatorError } from '../lib/errors.ts';
import { showStatus } from '../lib/status-line.ts';
import { printable } from '../lib/text.ts';
import { syncOutages } from '../outage/sync-from-outbox.ts';
import type { Entry } from '../outbox/entry.ts';
import { drainLockFile } from '../outbox/files.ts';
import { pendingStreams } from '../outbox/latest.ts';
import { tryLock } from '../outbox/lock.ts';
import { openToWrite } from '../outbox/open.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { refuseNotOutbox } from '../outbox/recovery/other-file.ts';
import { warnOfDamage } from '../outbox/recovery/past-damage.ts';
import { streamsDelivered } from '../outbox/streams.ts';
import type { Context } from './context.ts';
import { awaited, drainAll, summed } from './drain-all.ts';
import { checkStream } from './known-streams.ts';
import { stopSignal } from './signals.ts';

/**
 * Delivers the due entries, all destinations in parallel. Returns `locked` if another drain is running; `failed` if an
 * attempt failed, or the outbox could not store an answer. Throws OutboxUnwritable if the outbox cannot be opened. Throws
 * another OperatorError, after the other deliveries, if an entry is pending for a destination that is not configured.
 */
export async function drainOutbox(context: Context, options: Omit<DrainOptions, 'signal'>): Promise<ExitCode> {
  context.changes?.enter('deliver');
  if (context.hanging !== null) throw context.hanging;
  refuseNotOutbox(context.outbox.file);
  const lock = tryLock(drainLockFile(context.outbox.file), context.log.warn);
  if (!lock) {
    context.log.info('Another drain is running');
    return exitCodes.locked;
  }
  try {
    const outbox = openToWrite(context.outbox, 'held');
    try {
      outbox.run((current) => warnOfDamage(current, context.log));
      outbox.run((current) => checkStream(current, options.stream, context.config));
      const started = new Date();
      const misplaced = outbox.run((current) => rejectMisplaced(current, context));
      const { destinations, problems } = outbox.run((current) => awaited(current, options.stream, context.config));
      const results = await outbox
        .runLong((current) => drainAll(current, destinations, options, context))
        .finally(() => showStatus(''));
      const { delivered, stopped, resting, problem, ...sums } = summed(results);
      const rejected = sums.rejected + misplaced;
      const left = outbox.run((current) => current.countPending(options.stream));
      const isWell = rejected + stopped.length + resting.length + problems.length === 0 && problem === null;
      context.changes?.drained(delivered, left);
      // A drain of one stream, or without deliveries, does not prove that all streams have recovered.
      if (isWell && delivered > 0 && options.stream === null) context.changes?.saw('deliver');
      // A system has recovered if all its destinations have.
      const failing = new Set([...stopped, ...resting].map((stream) => systemOf({ stream })));
      for (const stream of outbox.run((current) => streamsDelivered(current, started))) {
        const system = systemOf({ stream });
        if (!failing.has(system)) context.changes?.saw(`deliver/${system}`);
      }
      // Read the answers before they are pruned.
      outbox.run(syncOutages);
      if (stopSignal.aborted && left > 0)
        context.log.warn('The drain was interrupted: the next drain continues where it stopped');
      if (delivered + rejected > 0 || (left > 0 && results.length > 0))
        context.log.info(`Drain: ${delivered} delivered, ${rejected} rejected, ${left} left`);
      if (problem !== null) context.log.error(`✗ the drain stops: ${problem.message}`);
      throwAll(problems, context);
      return rejected > 0 || stopped.length > 0 || problem !== null ? exitCodes.failed : exitCodes.done;
    } finally {
      outbox.close();
    }
  } finally {
    lock.release();
  }
}

/**
 * Rejects the entries whose destination is not that of their stream: each would block the stream as its first entry.
 * Returns their number.
 */
function rejectMisplaced(outbox: Outbox, { log }: Context): number {
  if (!pendingStreams(outbox).some(isMisplaced)) return 0;
  const misplaced = outbox.list('pending').filter(isMisplaced);
  for (const entry of misplaced) {
    const detail = `its destination '${printable(entry.destination, 40)}' is not that of its stream '${printable(entry.stream, 60)}': the entry is damaged, or a newer version stored it`;
    const attempt = { at: new Date(), seconds: 0, status: null, outcome: 'rejected', detail };
    outbox.rejected(entry, attempt, entry.firstSentAt !== null);
    log.error(`✗ entry ${entry.id} rejected: ${detail}; show it with: hpc-collector outbox show ${entry.id}`);
  }
  return misplaced.length;
}

function isMisplaced({ stream, destination }: Pick<Entry, 'stream' | 'destination'>): boolean {
  return destinationOfStream(stream) !== destination;
}

/** Throws the first problem, after logging the others. */
function throwAll([first, ...others]: readonly OperatorError[], { log }: Context): void {
  for (const { message } of others) log.error(`✗ ${message}`);
  if (first) throw first;
}
