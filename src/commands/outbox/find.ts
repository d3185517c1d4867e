import { OperatorError } from '../../lib/errors.ts';
import type { Entry } from '../../outbox/entry.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { entriesOf } from '../../outbox/selection.ts';

/** Returns the one entry whose id begins with `prefix`. Throws OperatorError if there is none or more than one. */
export function findEntry(outbox: Outbox, prefix: string): Entry {
  const [entry] = entriesOf(outbox, [prefix]);
  if (!entry) throw new OperatorError('no entry is chosen: give its id');
  return entry;
}
