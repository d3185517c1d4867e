import type { Log } from '../lib/log.ts';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { DeliveryBounds } from './attempt.ts';
import { deliver } from './deliver.ts';
import type { Destination } from './destination.ts';
import { futureOf } from './server-clock.ts';

/** Consecutive drains that an entry must have failed alike before it is suspected. */
const suspectedAfter = 5;

/** Statuses that do not depend on the entry: the login is refused, or there are too many requests. */
const notAboutTheEntry: ReadonlySet<number | null> = new Set([401, 429]);

/**
 * Tries one entry after the head of a stream, so that a head that alone is refused does not block its stream, whatever
 * the refusal: a server error, a firewall's page, a lost connection, no answer. It does so once the head has failed
 * five consecutive drains alike. If the destination accepts the entry after it, the head is rejected; if not, nothing
 * changes. Skips other suspects, which stay pending, because they may have failed only while the destination was down.
 * `first` is the oldest entry of the stream: if the newest one is sent first, it is tried instead.
 */
export async function rejectPoisoned(
  outbox: Outbox,
  destination: Destination,
  head: Entry,
  bounds: DeliveryBounds,
  log: Log,
  first: Entry = head,
): Promise<{ readonly delivered: number; readonly rejected: number }> {
  const suspect = outbox.reread(head);
  const other = first.sequence === head.sequence ? outbox.next(suspect) : first;
  let candidate = isSuspect(suspect) ? other : null;
  while (candidate && (isSuspect(candidate) || candidate.sequence === suspect.sequence))
    candidate = outbox.next(candidate);
  if (candidate === null || futureOf(candidate, destination, outbox) !== null || bounds.signal.aborted)
    return { delivered: 0, rejected: 0 };
  // One try without retries: the deadline is over.
  const result = await deliver(outbox, destination, candidate, { ...bounds, deadline: 0 }, log);
  const isInPart = result === 'delivered-in-part';
  if (result !== 'delivered' && !isInPart) return { delivered: 0, rejected: result === 'rejected' ? 1 : 0 };
  const detail = `${suspect.lastError ?? 'no answer'}; failed ${suspect.failedDrains} drains while the entry behind it was accepted`;
  const attempt = { at: new Date(), seconds: 0, status: suspect.lastStatus, outcome: 'rejected', detail };
  outbox.rejected(suspect, attempt, suspect.firstSentAt !== null);
  log.error(`✗ entry ${suspect.id} rejected: ${detail}; look at it with: hpc-collector outbox show ${suspect.id}`);
  return { delivered: 1, rejected: isInPart ? 2 : 1 };
}

function isSuspect(entry: Entry): boolean {
  return entry.failedDrains >= suspectedAfter && !notAboutTheEntry.has(entry.lastStatus);
}
