import { join } from 'node:path';
import { type DrainOptions, drain } from '../delivery/drain.ts';
import { samDestination } from '../delivery/sam.ts';
import { type ExitCode, exitCodes } from '../lib/errors.ts';
import { canShowStatus, showStatus } from '../lib/status-line.ts';
import { learnOutages } from '../outage/learn.ts';
import { drainLockFile } from '../outbox/files.ts';
import { tryLock } from '../outbox/lock.ts';
import { warnOfDamage } from '../outbox/recovery/past-damage.ts';
import type { Context } from './context.ts';
import { openToWrite } from './opening.ts';
import { showProgress } from './progress.ts';
import { stopSignal } from './signals.ts';

/**
 * Drains the outbox as far as it is due. `locked` where another drain is under way; `failed` where a delivery was
 * tried and refused or still waits, or the outbox could not take an answer. Throws OutboxUnwritable where it cannot be
 * opened.
 */
export async function drainOutbox(context: Context, options: Omit<DrainOptions, 'signal'>): Promise<ExitCode> {
  context.changes?.enter('deliver');
  const destination = samDestination(context.config.sam, join(context.config.directory, 'env'));
  const lock = tryLock(drainLockFile(context.outboxFile));
  if (!lock) {
    context.log.info('Another drain is under way');
    return exitCodes.locked;
  }
  try {
    const outbox = openToWrite(context, 'held');
    try {
      outbox.run((current) => warnOfDamage(current.database, context.log));
      const result = await outbox
        .runLong((current) => {
          const progress = canShowStatus() ? showProgress(() => current.countPending(options.stream)) : () => {};
          return drain(current, destination, { ...options, signal: stopSignal, progress }, context.log);
        })
        .finally(() => showStatus(''));
      const { delivered, rejected, left, stopped, resting, problem } = result;
      const isWell = rejected + stopped.length + resting.length === 0 && problem === null;
      if (isWell && (delivered > 0 || left === 0)) context.changes?.saw('deliver');
      // Before the answers are pruned.
      outbox.run(learnOutages);
      if (stopSignal.aborted && left > 0)
        context.log.warn('The drain was interrupted: the next one goes on where it stopped');
      if (delivered + rejected + left > 0)
        context.log.info(`Drain: ${delivered} delivered, ${rejected} rejected, ${left} left`);
      if (problem !== null) context.log.error(`✗ the drain stops: ${problem.message}`);
      return rejected > 0 || stopped.length > 0 || problem !== null ? exitCodes.failed : exitCodes.done;
    } finally {
      outbox.close();
    }
  } finally {
    lock.release();
  }
}
