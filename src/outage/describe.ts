import { counted } from '../lib/text.ts';
import type { EntryState } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { newestReportState } from '../outbox/tables/outages.ts';
import type { Detected } from './detect.ts';
import type { KnownOutage } from './row.ts';

/** Returns the delivery state of the newest report of an outage; `dropped` if it was removed from the outbox. */
export function deliveryOf(outbox: Outbox, { outage_key, ids }: KnownOutage): EntryState | 'dropped' {
  return newestReportState(outbox, outage_key) ?? (ids.length > 0 ? 'delivered' : 'dropped');
}

const verbs = { begins: 'outage', changes: 'outage has changed', ends: 'outage is over' } as const;

/** Describes a detected outage for the log. */
export function sentenceOf({ kind, outage }: Detected): string {
  return `${verbs[kind]}: ${outage.title} (${outage.severity}, ${outage.outage_key})`;
}

/** Returns a sentence that says which row of the destination a further report of an outage changes. */
export function consequence({ ids, isOneRow }: KnownOutage): string {
  const [row, ...others] = [...ids].sort((one, other) => one - other);
  if (row === undefined) return 'It changes the row that the destination makes of the first report';
  const changes = `It changes the row with outage_id ${row}`;
  if (isOneRow === true || others.length === 0) return changes;
  return `${changes}; the staff of the SAM API must close the ${counted(others.length, 'row').replace(/^\d+ /, '')} with outage_id ${others.join(', ')}`;
}
