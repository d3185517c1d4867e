import { join } from 'node:path';
import { type DrainOptions, drain } from '../delivery/drain.ts';
import { samDestination } from '../delivery/sam.ts';
import { type ExitCode, exitCodes } from '../lib/errors.ts';
import { drainLockFile } from '../outbox/files.ts';
import { tryLock } from '../outbox/lock.ts';
import { HealingOutbox } from '../outbox/recovery/open.ts';
import { warnOfDamage } from '../outbox/recovery/past-damage.ts';
import { type Context, recoveryOptions } from './context.ts';
import { stopSignal } from './signals.ts';

/**
 * Drains the outbox as far as it is due. `locked` where another drain is under way; `failed` where a delivery was
 * tried and refused or still waits.
 */
export async function drainOutbox(context: Context, options: Omit<DrainOptions, 'signal'>): Promise<ExitCode> {
  const destination = samDestination(context.config.sam, join(context.config.directory, 'env'));
  const lock = tryLock(drainLockFile(context.outboxFile));
  if (!lock) {
    context.log.info('Another drain is under way');
    return exitCodes.locked;
  }
  let outbox: HealingOutbox | null = null;
  try {
    outbox = new HealingOutbox(context.outboxFile, recoveryOptions(context, 'held'));
    outbox.run((current) => warnOfDamage(current.database, context.log));
    const { delivered, rejected, left, stopped } = await outbox.runLong((current) =>
      drain(current, destination, { ...options, signal: stopSignal }, context.log),
    );
    if (delivered + rejected + left > 0)
      context.log.info(`Drain: ${delivered} delivered, ${rejected} rejected, ${left} left`);
    return rejected > 0 || stopped.length > 0 ? exitCodes.failed : exitCodes.done;
  } finally {
    outbox?.close();
    lock.release();
  }
}
