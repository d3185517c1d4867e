import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { OperatorError, operatorErrorOf } from '../lib/errors.ts';
import { Outbox } from '../outbox/outbox.ts';
import { claim } from '../outbox/ownership.ts';
import { outboxToRead } from '../outbox/read-only.ts';
import { isDamage } from '../outbox/recovery/damage.ts';
import { HealingOutbox } from '../outbox/recovery/open.ts';
import { keepReserve } from '../outbox/reserve.ts';
import { takeInSpool } from '../outbox/spool/take-in.ts';
import { OutboxUnwritable, unwritable } from '../outbox/unwritable.ts';
import { type CommonArgs, type Context, recoveryOptions } from './context.ts';

/**
 * Opens the outbox for a command that collects or delivers: this host's, recovered where it is damaged, with its reserve,
 * and with what it could not be given before. `drainLock` tells whether the command holds it.
 * Throws OutboxUnwritable where that cannot be done, and another OperatorError where it must not be.
 */
export function openToWrite(context: Context, drainLock: 'held' | 'free'): HealingOutbox {
  return new HealingOutbox(context.outboxFile, {
    ...recoveryOptions(context, drainLock),
    open: (file) => new Outbox(file, context.spool),
    prepare: (outbox) => prepare(outbox, context),
  });
}

function prepare(outbox: Outbox, context: Context): void {
  try {
    claim(outbox.database, context.outboxFile, hostname());
    keepReserve(context.outboxFile);
    takeInSpool(outbox, context.spool, context.log);
  } catch (error) {
    const isOfSystem = !(error instanceof OperatorError) && operatorErrorOf(error) !== null;
    throw isOfSystem && !isDamage(error) ? unwritable('write the outbox', context.outboxFile, error) : error;
  }
}

/** Opens the outbox to read it, for a dry run: null if there is none or it cannot be opened. */
export function openToLook({ outboxFile }: Context): Outbox | null {
  try {
    return outboxToRead(outboxFile);
  } catch (error) {
    if (error instanceof OutboxUnwritable) return null;
    throw error;
  }
}

/**
 * Throws OperatorError if `--outbox` names a file that does not exist, for the commands that need one: an empty listing of
 * a mistyped name would look as if all were well.
 */
export function checkNamedOutbox({ outbox }: CommonArgs): void {
  if (outbox === undefined || existsSync(outbox)) return;
  throw new OperatorError(`there is no outbox ${outbox}: correct --outbox`);
}
