import type { Log } from '../lib/log.ts';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { type DeliveryBounds, deliver } from './deliver.ts';
import type { Destination } from './destination.ts';
import { isServerError } from './retry.ts';
import { futureOf } from './server-clock.ts';

/** Drains that an entry must have failed with a server error before it is suspected. */
const suspectedAfter = 5;

/**
 * A body that the destination answers with 500 for ever must not block those behind it. Once the head of a stream has
 * failed five drains in a row so, one entry behind it is tried: if that is accepted, the destination is up and the head
 * was the trouble, and it is rejected; if not, nothing changes. Other suspects are passed over and keep their turn: what
 * failed while the destination was down is no trouble by itself.
 */
export async function rejectPoisoned(
  outbox: Outbox,
  destination: Destination,
  head: Entry,
  bounds: DeliveryBounds,
  log: Log,
): Promise<{ readonly delivered: number; readonly rejected: number }> {
  const suspect = outbox.reread(head);
  let candidate = isSuspect(suspect) ? outbox.next(suspect) : null;
  while (candidate && isSuspect(candidate)) candidate = outbox.next(candidate);
  if (candidate === null || futureOf(candidate, destination, outbox.database) !== null || bounds.signal.aborted)
    return { delivered: 0, rejected: 0 };
  // One try without retries: the deadline is over.
  const result = await deliver(outbox, destination, candidate, { ...bounds, deadline: 0 }, log);
  const isInPart = result === 'delivered-in-part';
  if (result !== 'delivered' && !isInPart) return { delivered: 0, rejected: result === 'rejected' ? 1 : 0 };
  const detail = `${suspect.lastError ?? 'server error'}; failed ${suspect.failedDrains} drains while the entry behind it was accepted`;
  const attempt = { at: new Date(), seconds: 0, status: suspect.lastStatus, outcome: 'rejected', detail };
  outbox.rejected(suspect, attempt, true);
  log.error(`✗ entry ${suspect.id} rejected: ${detail}; look at it with: hpc-collector outbox show ${suspect.id}`);
  return { delivered: 1, rejected: isInPart ? 2 : 1 };
}

function isSuspect(entry: Entry): boolean {
  return entry.failedDrains >= suspectedAfter && isServerError(entry.lastStatus);
}
