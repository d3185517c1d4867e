import { OperatorError } from '../../lib/errors.ts';
import { openForRepair, openReadOnly } from '../../outbox/open.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { type CommonArgs, type Context, openContext } from '../../run/context.ts';
import { checkStream } from '../../run/known-streams.ts';

/** The common flags, and the stream that a command is limited to. */
type OutboxArgs = CommonArgs & { readonly stream?: string | undefined };

/** Opens the outbox to read it; null if there is none. Throws OperatorError for a stream that does not exist. */
export function outboxIfAny(args: OutboxArgs): Outbox | null {
  const context = openContext(args);
  const outbox = openReadOnly(context.outbox);
  if (outbox) checkStream(outbox, args.stream ?? null, context.config);
  return outbox;
}

/** Opens the outbox to read an entry of it. Throws OperatorError if there is no outbox. */
export function existingOutbox(args: OutboxArgs): Outbox {
  const outbox = outboxIfAny(args);
  if (outbox === null) throw new OperatorError('there is no outbox yet: the first collection creates it');
  return outbox;
}

/** Opens the outbox to change its entries, which only its own host may do. */
export function ownOutbox(args: OutboxArgs): { readonly outbox: Outbox; readonly context: Context } {
  const context = openContext(args);
  const outbox = openForRepair(context.outbox, 'change');
  checkStream(outbox, args.stream ?? null, context.config);
  return { outbox, context };
}
