import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import type { Entry } from '../../outbox/entry.ts';
import type { Outbox } from '../../outbox/outbox.ts';

/** The one entry whose id begins with what was given. Throws OperatorError where there is none, or more than one. */
export function findEntry(outbox: Outbox, prefix: string): Entry {
  const shown = printable(prefix, 40);
  const [entry, other] = outbox.withPrefix(prefix.toLowerCase(), 2);
  if (prefix === '' || !entry)
    throw new OperatorError(`there is no entry ${shown}: see hpc-collector outbox ls --state all`);
  if (other)
    throw new OperatorError(
      `${shown} begins the id of more than one entry (${entry.id}, ${other.id}, …): give more of it`,
    );
  return entry;
}
