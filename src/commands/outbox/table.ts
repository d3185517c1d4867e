import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import type { Entry } from '../../outbox/entry.ts';

/** The entries in columns, with the reason why each waits below it; a sentence for none. */
export function entryTable(entries: readonly Entry[]): string[] {
  if (entries.length === 0) return ['Nothing waits to be delivered.'];
  const width = Math.max(6, ...entries.map((entry) => entry.stream.length));
  const header = `${'ID'.padEnd(36)}  ${'STREAM'.padEnd(width)}  STATE      COLLECTED (UTC)      TRIES  NEXT (UTC)`;
  return [
    header,
    ...entries.flatMap((entry) => {
      const next = entry.state === 'pending' ? (entry.nextAttemptAt ? readableUtc(entry.nextAttemptAt) : 'now') : '-';
      const line = `${entry.id}  ${entry.stream.padEnd(width)}  ${entry.state.padEnd(9)}  ${readableUtc(entry.collectedAt)}  ${String(entry.attempts).padStart(5)}  ${next}`;
      return entry.lastError === null ? [line] : [line, `    ${printable(entry.lastError, 160)}`];
    }),
  ];
}
