import { messageOf } from '../lib/errors.ts';
import type { Entry } from './entry.ts';
import type { Outbox } from './outbox.ts';
import { portable } from './portable.ts';

/** An entry as a line for another outbox, or why there is none. */
export type Exported =
  | { readonly kind: 'line'; readonly entry: Entry; readonly line: string }
  | { readonly kind: 'damaged'; readonly entry: Entry; readonly reason: string };

/** Entries as lines, read one by one: bodies are large. They stay where they are. */
export function* exportEntries(outbox: Outbox, entries: Iterable<Entry>): Generator<Exported> {
  for (const entry of entries) {
    try {
      yield { kind: 'line', entry, line: portable(entry, outbox.attempts(entry), outbox.body(entry)) };
    } catch (error) {
      yield { kind: 'damaged', entry, reason: messageOf(error) };
    }
  }
}
