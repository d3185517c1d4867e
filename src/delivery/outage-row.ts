import type { Database } from 'bun:sqlite';
import { z } from 'zod';
import type { Entry } from '../outbox/entry.ts';
import { outageStream } from './sam-entries.ts';

/** The receiver names the outage's key too: it finds the outage's row by that, without an id. */
const answerSchema = z.object({ outage_id: z.int(), outage_key: z.string().optional() });
const idsSchema = z.array(z.int());

/**
 * Returns the id of the row that the SAM API made of an outage's first report, so that a later report changes that row.
 * Null for a first report, for an entry that reports no outage, and if the destination keeps one row for all reports.
 */
export function outageRowOf(database: Database, entry: Entry): number | null {
  if (entry.stream !== outageStream) return null;
  const known = database
    .query<{ outage: string; ids: string; is_one_row: number | null }, [string]>(
      `SELECT key AS outage, outage_ids AS ids, is_one_row FROM outages JOIN outage_entries ON outage = key WHERE entry = ?`,
    )
    .get(entry.id);
  if (!known || known.is_one_row === 1) return null;
  const ids = idsSchema.parse(JSON.parse(known.ids));
  return ids.length > 0 ? Math.min(...ids) : answeredInThisDrain(database, known.outage);
}

/** Answers are added to the known ids after a drain: within it they are only with their entries. */
function answeredInThisDrain(database: Database, outage: string): number | null {
  const row = database
    .query<{ answer: string }, [string]>(
      `SELECT answer FROM entries JOIN outage_entries ON entry = id
       WHERE outage = ? AND state = 'delivered' AND json_valid(answer) ORDER BY sequence LIMIT 1`,
    )
    .get(outage);
  const answer = row === null ? undefined : answerSchema.safeParse(JSON.parse(row.answer)).data;
  return answer === undefined || answer.outage_key !== undefined ? null : answer.outage_id;
}
