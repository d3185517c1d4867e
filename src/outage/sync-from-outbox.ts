import { z } from 'zod';
import { mayBeOutageStream, outagePath } from '../delivery/sam-entries.ts';
import { entryStates } from '../outbox/entry.ts';
import { listEntries } from '../outbox/filter.ts';
import { jsonBody } from '../outbox/json-body.ts';
import { streamNames } from '../outbox/latest.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { putAnswer, reportEntries } from '../outbox/tables/outages.ts';
import { outageBody } from './outage.ts';
import { remember } from './outage-table.ts';

const answerSchema = z.object({ outage_id: z.int(), outage_key: z.string().optional() });

/**
 * Updates the known outages from the entries that report them: with the ids in the answers, before those are pruned, and
 * with reports that were imported or recovered from a damaged file.
 */
export function syncOutages(outbox: Outbox): void {
  const known = reportEntries(outbox);
  const streams = streamNames(outbox).filter(mayBeOutageStream);
  const reports = streams.flatMap((stream) => [
    ...listEntries(outbox, { states: entryStates, stream, since: null, until: null }),
  ]);
  const news = reports.filter(
    ({ id, path, state }) =>
      path === outagePath && (!known.has(id) || (state === 'delivered' && known.get(id) === false)),
  );
  if (news.length === 0) return;
  outbox.atomically(() => {
    const current = reportEntries(outbox);
    for (const entry of news) {
      if (!current.has(entry.id)) {
        const outage = outageBody.safeParse(jsonBody(outbox, entry)).data;
        if (!outage) continue;
        remember(outbox, outage, entry.id);
      }
      if (entry.state === 'delivered' && current.get(entry.id) !== true)
        putAnswer(outbox, entry, answerOf(entry.answer));
    }
  });
}

/** Returns the id, and for the receiver the key, that an answer gives; null if it gives none. */
function answerOf(answer: string | null): { readonly id: number; readonly key: string | null } | null {
  try {
    const { outage_id, outage_key } = answerSchema.parse(JSON.parse(answer ?? ''));
    return { id: outage_id, key: outage_key ?? null };
  } catch {
    return null;
  }
}
