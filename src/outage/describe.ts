import { counted } from '../lib/text.ts';
import { type EntryState, entryStates } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { newestReportStates } from '../outbox/tables/outages.ts';
import type { Detected } from './detect.ts';
import type { KnownOutage, OutageAnswer } from './row.ts';

/**
 * Returns the delivery state of the newest report of an outage; `dropped` if it was removed from the outbox. With several
 * destinations it is `delivered` only if all of them have the report.
 */
export function deliveryOf(outbox: Outbox, { outage_key, answers }: KnownOutage): EntryState | 'dropped' {
  const states = [...newestReportStates(outbox, outage_key).values()];
  return entryStates.find((state) => states.includes(state)) ?? (answers.length > 0 ? 'delivered' : 'dropped');
}

const verbs = { begins: 'outage', changes: 'outage has changed', ends: 'outage is over' } as const;

/** Describes a detected outage for the log. */
export function sentenceOf({ kind, outage }: Detected): string {
  return `${verbs[kind]}: ${outage.title} (${outage.severity}, ${outage.outage_key})`;
}

/** Returns a sentence that says which row of the destination a further report of an outage changes. */
export function consequence({ answers }: KnownOutage): string {
  if (answers.length > 1) return answers.map((answer) => `${answer.destination}: ${rowsOf(answer)}`).join('\n');
  const [answer] = answers;
  return answer === undefined ? 'It changes the row that the destination makes of the first report' : rowsOf(answer);
}

function rowsOf({ ids, isOneRow }: OutageAnswer): string {
  const [row, ...others] = [...ids].sort((one, other) => one - other);
  if (row === undefined) return 'It changes the row that the destination makes of the first report';
  const changes = `It changes the row with outage_id ${row}`;
  if (isOneRow || others.length === 0) return changes;
  return `${changes}; the staff of the SAM API must close the ${counted(others.length, 'row').replace(/^\d+ /, '')} with outage_id ${others.join(', ')}`;
}
