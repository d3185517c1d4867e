import { createHash } from 'node:crypto';
import { timestampOf } from '../timestamp.ts';
import { type CollectorStream, type DeliveredSnapshot, noteDelivery } from './collectors.ts';
import { Conflict } from './errors.ts';
import type { Store, Writer } from './port.ts';

/** A POST whose sender is authenticated and whose body is read. */
export type Delivery = {
  readonly path: string;
  /** The sender: a user, or the name of an API key. */
  readonly user: string;
  /** The hash of the body; see `sha256Of`. */
  readonly sha256: Uint8Array;
  /** The client's name for this delivery, the same in every retry; null if it has none. */
  readonly key: string | null;
  readonly receivedAt: Date;
  /** The stream of the collector that sent it; null if no collector did. */
  readonly stream: CollectorStream | null;
};

/** Returns the SHA-256 of a body: a delivery with a known key must have the same. */
export function sha256Of(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/** The answer to a delivery as JSON text, and whether an earlier delivery was stored in its place. */
export type Stored = { readonly answer: string; readonly replayed: boolean; readonly snapshot?: DeliveredSnapshot };

/**
 * Stores a delivery by `work` in one transaction and returns its answer. A delivery whose key is known is not stored
 * again: it gets its first answer.
 * @throws Conflict if the key was used for another delivery, and any error of `work`
 */
export function storeOnce(
  store: Store,
  delivery: Delivery,
  work: (writer: Writer) => Promise<Stored>,
): Promise<Stored> {
  const { sha256 } = delivery;
  return store.transaction(async (writer) => {
    const before = delivery.key === null ? null : await answerTo(writer, delivery.key, delivery.path, sha256);
    const stored = before === null ? await work(writer) : { answer: before, replayed: true };
    if (delivery.stream !== null)
      await noteDelivery(writer, delivery.stream, timestampOf(delivery.receivedAt), stored.snapshot ?? null);
    if (before !== null) return stored;
    if (delivery.key !== null) {
      await writer.run(
        'INSERT INTO deliveries (key, path, body_sha256, answer, received_at) VALUES ($1, $2, $3, $4, $5)',
        delivery.key,
        delivery.path,
        sha256,
        stored.answer,
        timestampOf(delivery.receivedAt),
      );
    }
    return stored;
  });
}

async function answerTo(writer: Writer, key: string, path: string, sha256: Uint8Array): Promise<string | null> {
  const row = await writer.get<{ path: string; body_sha256: Uint8Array; answer: string }>(
    'SELECT path, body_sha256, answer FROM deliveries WHERE key = $1',
    key,
  );
  if (!row) return null;
  if (row.path === path && Buffer.compare(sha256, row.body_sha256) === 0) return row.answer;
  throw new Conflict('Idempotency-Key was used before with another body or path');
}
