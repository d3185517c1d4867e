import { send } from '../lib/http.ts';
import type { ForeignEntry } from '../outbox/entry.ts';
import { mayBeStored } from './attempt.ts';
import type { Destination, Outcome } from './destination.ts';

/** The outcome of a direct post, and when it was sent; null if the destination cannot have it. */
export type DirectPost = { readonly outcome: Outcome; readonly sentAt: Date | null };

/**
 * Posts an entry once, without the outbox. It can overtake pending entries, and entries that follow it are unknown, so
 * it is prepared as a late entry.
 */
export async function postDirectly(destination: Destination, entry: ForeignEntry): Promise<DirectPost> {
  const { body } = destination.prepare(entry.body, { isLate: true, isNewest: false, outageRow: null });
  const bytes = Buffer.byteLength(body);
  if (bytes > destination.maxBodyBytes) {
    const detail = `the body has ${bytes} bytes, the limit is ${destination.maxBodyBytes}`;
    return { outcome: { kind: 'too-large', detail }, sentAt: null };
  }
  const sentAt = new Date();
  const reply = await send(destination.request(entry, body, { waiting: null }));
  return {
    outcome: destination.judge(reply, { body, mayHaveArrived: false }),
    sentAt: mayBeStored(reply) ? sentAt : null,
  };
}
