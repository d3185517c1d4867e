import type { Database } from 'bun:sqlite';
import { z } from 'zod';
import { outageStream } from '../delivery/sam-entries.ts';
import { entryStates } from '../outbox/entry.ts';
import { listEntries } from '../outbox/filter.ts';
import { jsonBody } from '../outbox/json-body.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { outageBody } from './outage.ts';
import { remember } from './outage-table.ts';

const everyReport = { states: entryStates, stream: outageStream, since: null, until: null };
const answerSchema = z.object({ outage_id: z.int(), outage_key: z.string().optional() });

/**
 * Brings what is known of outages up to date with the entries that report them: the ids in the answers, before those are
 * pruned; and reports that came from elsewhere, imported or recovered from a damaged file.
 */
export function learnOutages(outbox: Outbox): void {
  const { database } = outbox;
  const known = linked(database);
  const news = [...listEntries(database, everyReport)].filter(
    (entry) => !known.has(entry.id) || (entry.state === 'delivered' && known.get(entry.id) === false),
  );
  if (news.length === 0) return;
  outbox.atomically(() => {
    const current = linked(database);
    for (const entry of news) {
      if (!current.has(entry.id)) {
        const outage = outageBody.safeParse(jsonBody(outbox, entry)).data;
        if (!outage) continue;
        remember(database, outage, entry.id);
      }
      if (entry.state === 'delivered' && current.get(entry.id) !== true) keepAnswer(database, entry.id, entry.answer);
    }
  });
}

/** The entries that are known to report an outage, and whether their answers are kept. */
function linked(database: Database): Map<string, boolean> {
  const rows = database
    .query<{ entry: string; is_answered: number }, []>('SELECT entry, is_answered FROM outage_entries')
    .all();
  return new Map(rows.map((row) => [row.entry, row.is_answered === 1]));
}

function keepAnswer(database: Database, entry: string, answer: string | null): void {
  database.query('UPDATE outage_entries SET is_answered = 1 WHERE entry = ?').run(entry);
  const said = answerOf(answer);
  if (!said) return;
  database
    .query(
      `UPDATE outages SET is_one_row = (key = coalesce($key, '')),
         outage_ids = (SELECT json_group_array(DISTINCT value) FROM
           (SELECT value FROM json_each(iif(json_valid(outage_ids), outage_ids, '[]')) UNION ALL SELECT $id))
       WHERE key = (SELECT outage FROM outage_entries WHERE entry = $entry)`,
    )
    .run({ entry, id: said.outage_id, key: said.outage_key ?? null });
}

function answerOf(answer: string | null) {
  try {
    return answerSchema.safeParse(JSON.parse(answer ?? '')).data;
  } catch {
    return undefined;
  }
}
