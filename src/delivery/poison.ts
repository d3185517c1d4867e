import type { Log } from '../lib/log.ts';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { type DeliveryBounds, deliver } from './deliver.ts';
import type { Destination } from './destination.ts';

/** Drains that an entry must have failed with a server error before it is suspected. */
const suspectedAfter = 5;

/**
 * A body that the destination answers with 500 for ever must not block those behind it. Once the head of a stream has
 * failed five drains so, one entry behind it is tried: if that is accepted, the destination is up and the head was the
 * trouble, and it is rejected; if not, nothing changes. Gives how many were rejected: more than one where several
 * suspects stand in front.
 */
export async function rejectPoisoned(
  outbox: Outbox,
  destination: Destination,
  head: Entry,
  bounds: DeliveryBounds,
  log: Log,
): Promise<number> {
  const suspects: Entry[] = [];
  let candidate: Entry | null = outbox.reread(head);
  while (candidate && isSuspect(candidate)) {
    suspects.push(candidate);
    candidate = outbox.next(candidate);
  }
  if (suspects.length === 0 || candidate === null || bounds.signal.aborted) return 0;
  // A deadline that is over leaves one try without retries.
  const result = await deliver(outbox, destination, candidate, { ...bounds, deadline: Number.NEGATIVE_INFINITY }, log);
  if (result !== 'delivered') return 0;
  for (const suspect of suspects) {
    const detail = `${suspect.lastError ?? 'server error'}; failed ${suspect.failedDrains} drains while the entry behind it was accepted`;
    const attempt = { at: new Date(), seconds: 0, status: suspect.lastStatus, outcome: 'rejected', detail };
    outbox.rejected(suspect, attempt, suspect.firstSentAt !== null);
    log.error(`✗ entry ${suspect.id} rejected: ${detail}; look at it with: hpc-collector outbox show ${suspect.id}`);
  }
  return suspects.length;
}

function isSuspect(entry: Entry): boolean {
  return entry.failedDrains >= suspectedAfter && entry.lastStatus !== null && entry.lastStatus >= 500;
}
