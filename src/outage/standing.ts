import type { Database } from 'bun:sqlite';
import { counted } from '../lib/text.ts';
import type { EntryState } from '../outbox/entry.ts';
import type { Detected } from './detect.ts';
import type { KnownOutage } from './row.ts';

/** Returns the delivery state of the newest report of an outage; `dropped` if it was removed from the outbox. */
export function deliveryOf(database: Database, { outage_key, ids }: KnownOutage): EntryState | 'dropped' {
  const newest = database
    .query<{ state: EntryState }, [string]>(
      `SELECT state FROM entries JOIN outage_entries ON entries.id = entry WHERE outage = ?
       ORDER BY sequence DESC LIMIT 1`,
    )
    .get(outage_key);
  return newest?.state ?? (ids.length > 0 ? 'delivered' : 'dropped');
}

const verbs = { begins: 'outage', changes: 'outage, worse or other than it was', ends: 'outage is over' } as const;

/** Describes a detected outage for the log. */
export function sentenceOf({ kind, outage }: Detected): string {
  return `${verbs[kind]}: ${outage.title} (${outage.severity}, ${outage.outage_key})`;
}

/** Explains what a further report does to the rows of the destination. */
export function consequence({ ids, isOneRow, status }: KnownOutage): string {
  const rows = `${counted(ids.length, 'row').replace(/^\d+ /, '')} with outage_id ${ids.join(', ')}`;
  if (isOneRow === true) return `The receiver changes its ${rows}`;
  if (status === 'resolved') {
    return isOneRow === false
      ? `The SAM API cannot change a row: this adds a resolved one, and its staff must close the open ${rows} there`
      : 'The receiver closes its row; the SAM API adds a resolved one instead, and its staff must close the open row there';
  }
  return isOneRow === false
    ? `The SAM API cannot change a row: this adds another one to the ${rows}, and its staff must close all of them in the end`
    : 'The receiver changes its row; the SAM API adds another one instead';
}
