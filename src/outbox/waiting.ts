import { counted } from '../lib/text.ts';
import type { Attempt, Entry } from './entry.ts';
import { streamHeads } from './latest.ts';
import type { Outbox } from './outbox.ts';

/** The reason why an entry is not delivered yet, and until when; null if the time is unknown. */
export type Waiting = { readonly reason: string; readonly until: Date | null };

/** Returns why an entry is not delivered yet; null for a delivered entry. */
export function waitingOf(outbox: Outbox, entry: Entry, now: Date): Waiting | null {
  if (entry.state === 'delivered') return null;
  const because = entry.lastError === null ? '' : `: ${entry.lastError}`;
  if (entry.state === 'rejected')
    return {
      reason: `rejected${because}; send it again with outbox retry, or delete it with outbox drop`,
      until: null,
    };
  if (entry.state === 'held') return { reason: `held${because}; to send it: outbox release`, until: null };
  const head = streamHeads(outbox).get(entry.stream) ?? entry;
  const isHead = head.sequence === entry.sequence;
  const cause = head.lastError === null ? '' : `: ${head.lastError}`;
  const before = [...(head.sequence > entry.sequence ? ['the newest entry'] : []), ...older(outbox, entry)];
  const place = isHead ? '' : `${before.join(' and ')} of its stream must be delivered first; `;
  if (head.nextAttemptAt !== null && head.nextAttemptAt > now)
    return { reason: `${place}the stream rests${cause}`, until: head.nextAttemptAt };
  return { reason: isHead ? `the next drain sends it${cause}` : `${place}the oldest is due${cause}`, until: null };
}

function older(outbox: Outbox, entry: Entry): string[] {
  const query = `SELECT count(*) AS n FROM entries WHERE state = 'pending' AND stream = ? AND sequence < ?`;
  const n = outbox.database.query<{ n: number }, [string, number]>(query).get(entry.stream, entry.sequence)?.n ?? 0;
  return n === 0 ? [] : [counted(n, 'older entry', 'older entries')];
}

/**
 * True if the destination may have the entry without a confirmation: it was sent, and no answer gave the result.
 */
export function mayBeThere(entry: Entry, attempts: readonly Attempt[]): boolean {
  if (entry.state !== 'delivered') return entry.firstSentAt !== null;
  // The answer "already stored" proves that an earlier attempt stored the entry and the last one did not.
  if ((attempts.at(-1)?.status ?? 0) >= 400) return false;
  return attempts.some(({ outcome, status }) => outcome === 'unavailable' && (status ?? 500) >= 500);
}
