import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { OperatorError } from '../../lib/errors.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { claim } from '../../outbox/ownership.ts';
import { openOutbox } from '../../outbox/recovery/open.ts';
import type { CommonArgs } from '../common.ts';
import { type Context, openContext, recoveryOptions } from '../context.ts';
import { checkStream } from '../known-streams.ts';

/** The common flags, and the stream that a command is limited to. */
type OutboxArgs = CommonArgs & { readonly stream?: string | undefined };

/**
 * Opens the outbox to look into it: one that is not there is not made, and null. Throws OperatorError where it was named,
 * because an empty listing of a mistyped name would say that all is well.
 */
export function outboxIfAny(args: OutboxArgs): Outbox | null {
  return outboxOf(openContext(args), args);
}

/** The same where an entry is asked for: without an outbox there is none. */
export function existingOutbox(args: OutboxArgs): Outbox {
  return outboxIfAny(args) ?? refuseNone();
}

/** The same to change it, which only the host that writes it may do. */
export function ownOutbox(args: OutboxArgs): { readonly outbox: Outbox; readonly context: Context } {
  const context = openContext(args);
  const outbox = outboxOf(context, args) ?? refuseNone();
  claim(outbox.database, context.outboxFile, hostname());
  return { outbox, context };
}

function outboxOf(context: Context, args: OutboxArgs): Outbox | null {
  const { outboxFile } = context;
  if (existsSync(outboxFile)) {
    const outbox = openOutbox(outboxFile, { ...recoveryOptions(context), isChecked: false });
    checkStream(outbox.database, args.stream ?? null, context.config);
    return outbox;
  }
  if (args.outbox === undefined) return null;
  throw new OperatorError(`there is no outbox ${outboxFile}: correct --outbox`);
}

function refuseNone(): never {
  throw new OperatorError('the outbox has no entries yet: the first collection makes it');
}
