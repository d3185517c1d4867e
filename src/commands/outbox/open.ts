import { hostname } from 'node:os';
import { OperatorError } from '../../lib/errors.ts';
import { isThere } from '../../outbox/files.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { claim } from '../../outbox/ownership.ts';
import { outboxToRead } from '../../outbox/read-only.ts';
import { openOutbox } from '../../outbox/recovery/open.ts';
import { type CommonArgs, type Context, openContext, recoveryOptions } from '../../run/context.ts';
import { checkStream } from '../../run/known-streams.ts';
import { checkNamedOutbox } from '../../run/opening.ts';

/** The common flags, and the stream that a command is limited to. */
type OutboxArgs = CommonArgs & { readonly stream?: string | undefined };

/**
 * Opens the outbox to read it; null if there is none. Nothing is written, on any host. Throws OperatorError if `--outbox`
 * names a file that does not exist, or if there is no such stream.
 */
export function outboxIfAny(args: OutboxArgs): Outbox | null {
  const context = openContext(args);
  checkNamedOutbox(args);
  const outbox = outboxToRead(context.outboxFile);
  if (outbox) checkStream(outbox.database, args.stream ?? null, context.config);
  return outbox;
}

/** The same where an entry is asked for: without an outbox there is none. */
export function existingOutbox(args: OutboxArgs): Outbox {
  return outboxIfAny(args) ?? refuseNone();
}

/** The same to change it, which only the host that writes it may do. */
export function ownOutbox(args: OutboxArgs): { readonly outbox: Outbox; readonly context: Context } {
  const context = openContext(args);
  checkNamedOutbox(args);
  if (!isThere(context.outboxFile)) refuseNone();
  const outbox = openOutbox(context.outboxFile, { ...recoveryOptions(context), isChecked: false });
  checkStream(outbox.database, args.stream ?? null, context.config);
  claim(outbox.database, context.outboxFile, hostname());
  return { outbox, context };
}

function refuseNone(): never {
  throw new OperatorError('the outbox has no entries yet: the first collection makes it');
}
