import { SQLiteError } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { Outbox } from '../outbox/outbox.ts';
import { claim } from '../outbox/ownership.ts';
import { isDamage } from '../outbox/recovery/damage.ts';
import { HealingOutbox } from '../outbox/recovery/open.ts';
import { keepReserve } from '../outbox/reserve.ts';
import { takeInSpool } from '../outbox/spool/take-in.ts';
import { OutboxUnwritable, unwritable } from '../outbox/unwritable.ts';
import { type Context, recoveryOptions } from './context.ts';

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
    const isOurs = error instanceof SQLiteError && !isDamage(error);
    throw isOurs ? unwritable('write the outbox', context.outboxFile, error) : error;
  }
}

/** Opens the outbox for a dry run, which does without it where it cannot be had, and must not make one. */
export function openToLook({ outboxFile }: Context): Outbox | null {
  if (!existsSync(outboxFile)) return null;
  try {
    return new Outbox(outboxFile);
  } catch (error) {
    if (error instanceof OutboxUnwritable) return null;
    throw error;
  }
}
