import { z } from 'zod';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { answersTo, firstAnswer, outageOfEntry } from '../outbox/tables/outages.ts';
import { outagePath } from './sam-entries.ts';

/** The receiver also gives the outage's key. It finds the outage's row by the key, without an id. */
const answerSchema = z.object({ outage_id: z.int(), outage_key: z.string().optional() });
const idsSchema = z.array(z.int());

/**
 * Returns the id of the row that the SAM API made of an outage's first report, so that a later report changes that row.
 * Null for a first report, for an entry that reports no outage, and if the destination keeps one row for all reports.
 */
export function outageRowOf(outbox: Outbox, entry: Entry): number | null {
  if (entry.path !== outagePath) return null;
  const key = outageOfEntry(outbox, entry.id);
  if (key === null) return null;
  const known = answersTo(outbox, key).find(({ destination }) => destination === entry.destination);
  if (known?.is_one_row === 1) return null;
  const ids = idsSchema.parse(JSON.parse(known?.outage_ids ?? '[]'));
  return ids.length > 0 ? Math.min(...ids) : answeredInThisDrain(outbox, key, entry.destination);
}

/** Reads the id from the first answer: the ids of answers are stored with the outage only after the drain. */
function answeredInThisDrain(outbox: Outbox, key: string, destination: string): number | null {
  const answer = answerSchema.safeParse(JSON.parse(firstAnswer(outbox, key, destination) ?? 'null')).data;
  return answer === undefined || answer.outage_key !== undefined ? null : answer.outage_id;
}
