import { existsSync } from 'node:fs';
import { OperatorError } from '../../lib/errors.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { openOutbox } from '../../outbox/recovery/open.ts';
import type { CommonArgs } from '../common.ts';
import { openContext, recoveryOptions } from '../context.ts';

/**
 * Opens the outbox to look into it: one that is not there is not made, and null. Throws OperatorError where it was named,
 * because an empty listing of a mistyped name would say that all is well.
 */
export function outboxIfAny(args: CommonArgs): Outbox | null {
  const context = openContext(args);
  const { outboxFile } = context;
  if (existsSync(outboxFile)) return openOutbox(outboxFile, { ...recoveryOptions(context), isChecked: false });
  if (args.outbox === undefined) return null;
  throw new OperatorError(`there is no outbox ${outboxFile}: correct --outbox`);
}

/** The same where an entry is asked for: without an outbox there is none. */
export function existingOutbox(args: CommonArgs): Outbox {
  const outbox = outboxIfAny(args);
  if (outbox) return outbox;
  throw new OperatorError('the outbox has no entries yet: the first collection makes it');
}
