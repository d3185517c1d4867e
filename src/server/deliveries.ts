import type { Database } from 'bun:sqlite';
import { createHash } from 'node:crypto';
import { RequestProblem } from './problem.ts';
import { timestampOf } from './timestamp.ts';

/** A POST whose sender is authenticated and whose body is read. */
export type Delivery = {
  readonly path: string;
  /** The sender: a user, or the name of an API key. */
  readonly user: string;
  readonly bytes: Uint8Array;
  /** The `Idempotency-Key` header: the client's name for this delivery, the same in every retry. */
  readonly key: string | null;
  readonly receivedAt: Date;
};

/** A delivery to the SAM API, with its parsed body. */
export type StatusDelivery = Delivery & { readonly value: Readonly<Record<string, unknown>> };

/** The members of an answer. */
export type Answer = Readonly<Record<string, unknown>>;

/** The answer to a delivery as JSON text, and whether an earlier delivery was stored in its place. */
export type Stored = { readonly answer: string; readonly replayed: boolean };

/**
 * Stores a delivery by `store` in one transaction and returns its answer. A delivery whose key is known is not stored
 * again: it gets its first answer.
 * @throws RequestProblem 409 if the key was used for another delivery, and whatever `store` throws
 */
export function storeOnce(database: Database, delivery: Delivery, store: () => Stored): Stored {
  const sha256 = createHash('sha256').update(delivery.bytes).digest();
  return database
    .transaction(() => {
      const before = delivery.key === null ? null : storedAnswer(database, delivery.key, delivery.path, sha256);
      if (before !== null) return { answer: before, replayed: true };
      const stored = store();
      if (delivery.key !== null) {
        database
          .query('INSERT INTO deliveries (key, path, body_sha256, answer, received_at) VALUES (?, ?, ?, ?, ?)')
          .run(delivery.key, delivery.path, sha256, stored.answer, timestampOf(delivery.receivedAt));
      }
      return stored;
    })
    .immediate();
}

/**
 * Returns the `Idempotency-Key` of a request, null without one.
 * @throws RequestProblem 400 if it is empty, too long or not visible ASCII
 */
export function idempotencyKey(headers: Headers): string | null {
  const key = headers.get('idempotency-key');
  if (key === null || /^[\u0021-\u007e]{1,255}$/.test(key)) return key;
  throw new RequestProblem(400, 'Idempotency-Key must have 1 to 255 visible ASCII characters');
}

function storedAnswer(database: Database, key: string, path: string, sha256: Buffer): string | null {
  const row = database
    .query<{ path: string; body_sha256: Uint8Array; answer: string }, [string]>(
      'SELECT path, body_sha256, answer FROM deliveries WHERE key = ?',
    )
    .get(key);
  if (!row) return null;
  if (row.path === path && sha256.equals(row.body_sha256)) return row.answer;
  throw new RequestProblem(409, 'Idempotency-Key was used before with another body or path');
}
