import { send } from '../lib/http.ts';
import type { ForeignEntry } from '../outbox/entry.ts';
import { mayBeStored } from './deliver.ts';
import type { Destination, Outcome } from './destination.ts';

/** What came of a direct post, and when it was sent; null where the destination cannot have it. */
export type DirectPost = { readonly outcome: Outcome; readonly sentAt: Date | null };

/**
 * Posts an entry past the outbox, once: it overtakes what waits there, and nothing can be known of what comes after it.
 */
export async function postDirectly(destination: Destination, entry: ForeignEntry): Promise<DirectPost> {
  const { body } = destination.prepare(entry.body, { isLate: true, isNewest: false, outageRow: null });
  const bytes = Buffer.byteLength(body);
  if (bytes > destination.maxBodyBytes) {
    const detail = `the body has ${bytes} bytes, the limit is ${destination.maxBodyBytes}`;
    return { outcome: { kind: 'too-large', detail }, sentAt: null };
  }
  const sentAt = new Date();
  const reply = await send(destination.request(entry, body));
  return {
    outcome: destination.judge(reply, { body, mayHaveArrived: false }),
    sentAt: mayBeStored(reply) ? sentAt : null,
  };
}
