import { messageOf } from '../lib/errors.ts';
import type { Entry } from './entry.ts';
import type { Outbox } from './outbox.ts';
import { portable } from './portable.ts';

/** An entry as a line for another outbox, or why it cannot be exported. */
export type Exported =
  | { readonly kind: 'line'; readonly entry: Entry; readonly line: string }
  | { readonly kind: 'damaged'; readonly entry: Entry; readonly reason: string };

/** Yields entries as lines, one in memory at a time, because bodies are large. The entries stay in the outbox. */
export function* exportEntries(outbox: Outbox, entries: Iterable<Entry>): Generator<Exported> {
  for (const entry of entries) {
    try {
      yield { kind: 'line', entry, line: portable(entry, outbox.attempts(entry), outbox.body(entry)) };
    } catch (error) {
      yield { kind: 'damaged', entry, reason: messageOf(error) };
    }
  }
}
