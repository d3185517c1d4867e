import { join } from 'node:path';
import { type DrainOptions, drain } from '../delivery/drain.ts';
import { samDestination } from '../delivery/sam.ts';
import { type ExitCode, exitCodes } from '../lib/errors.ts';
import { drainLockFile } from '../outbox/files.ts';
import { tryLock } from '../outbox/lock.ts';
import { Outbox } from '../outbox/outbox.ts';
import type { Context } from './context.ts';
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
  const outbox = new Outbox(context.outboxFile);
  try {
    const { delivered, rejected, left, stopped } = await drain(
      outbox,
      destination,
      { ...options, signal: stopSignal },
      context.log,
    );
    if (delivered + rejected + left > 0)
      context.log.info(`Drain: ${delivered} delivered, ${rejected} rejected, ${left} left`);
    return rejected > 0 || stopped.length > 0 ? exitCodes.failed : exitCodes.done;
  } finally {
    outbox.close();
    lock.release();
  }
}
