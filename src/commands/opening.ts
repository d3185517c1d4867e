import { SQLiteError } from 'bun:sqlite';
import { hostname } from 'node:os';
import { Outbox } from '../outbox/outbox.ts';
import { claim } from '../outbox/ownership.ts';
import { keepReserve } from '../outbox/reserve.ts';
import { takeInSpool } from '../outbox/spool/take-in.ts';
import { unwritable } from '../outbox/unwritable.ts';
import type { Context } from './context.ts';

/**
 * Opens the outbox for a command that collects or delivers: this host's, with its reserve, and with what it could not be
 * given before. Throws OutboxUnwritable where that cannot be done, and another OperatorError where it must not
 * be.
 */
export function openToWrite(context: Context): Outbox {
  const outbox = new Outbox(context.outboxFile, context.spool);
  try {
    claim(outbox.database, context.outboxFile, hostname());
    keepReserve(context.outboxFile);
    takeInSpool(outbox, context.spool, context.log);
    return outbox;
  } catch (error) {
    outbox.close();
    throw error instanceof SQLiteError ? unwritable('write the outbox', context.outboxFile, error) : error;
  }
}
