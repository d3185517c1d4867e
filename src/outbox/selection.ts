import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import type { Entry } from './entry.ts';
import type { Outbox } from './outbox.ts';

/**
 * Returns the entries whose ids begin with the given words, each once, in that order. Throws one OperatorError, exit
 * code 2, that names every word without a match or with several.
 */
export function entriesOf(outbox: Outbox, prefixes: readonly string[]): Entry[] {
  const found = new Map<number, Entry>();
  const problems: string[] = [];
  for (const prefix of prefixes) {
    const result = entryOf(outbox, prefix);
    if (typeof result === 'string') problems.push(result);
    else found.set(result.sequence, result);
  }
  if (problems.length === 0) return [...found.values()];
  const more = problems.length > 5 ? `; and ${problems.length - 5} more` : '';
  throw new OperatorError(problems.slice(0, 5).join('; ') + more);
}

/** Returns the one matching entry, or what is wrong with the word. */
function entryOf(outbox: Outbox, prefix: string): Entry | string {
  const shown = printable(prefix, 40);
  const [entry, other] = outbox.withPrefix(prefix.toLowerCase(), 2);
  if (prefix === '' || !entry) return `there is no entry ${shown}: see hpc-collector outbox ls --state all`;
  if (!other) return entry;
  return `${shown} begins the id of more than one entry (${entry.id}, ${other.id}, …): give more characters`;
}
