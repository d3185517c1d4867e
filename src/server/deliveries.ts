import type { Database } from 'bun:sqlite';
import { createHash } from 'node:crypto';
import { RequestProblem } from './problem.ts';
import { timestampOf } from './timestamp.ts';

/** One POST, authenticated and read. */
export type Delivery = {
  readonly path: string;
  /** Who sent it: a user, or the name of an API key. */
  readonly user: string;
  readonly bytes: Uint8Array;
  /** The `Idempotency-Key` header: the client's name for this delivery, the same with every retry. */
  readonly key: string | null;
  readonly receivedAt: Date;
};

/** One to the SAM API, with what its body says. */
export type StatusDelivery = Delivery & { readonly value: Readonly<Record<string, unknown>> };

/** What is sent back when it is stored. */
export type Answer = Readonly<Record<string, unknown>>;

/**
 * Stores a delivery by `store`, all of it or nothing, and returns its answer; one whose key was stored before is not
 * stored again and gets its first answer, as JSON text.
 * @throws RequestProblem 409 when the key was used for something else, and whatever `store` throws
 */
export function storeOnce(
  database: Database,
  delivery: Delivery,
  store: () => Answer,
): { readonly answer: string; readonly replayed: boolean } {
  const sha256 = createHash('sha256').update(delivery.bytes).digest();
  return database
    .transaction(() => {
      const before = delivery.key === null ? null : storedAnswer(database, delivery.key, delivery.path, sha256);
      if (before !== null) return { answer: before, replayed: true };
      const answer = JSON.stringify(store());
      if (delivery.key !== null) {
        database
          .query('INSERT INTO deliveries (key, path, body_sha256, answer, received_at) VALUES (?, ?, ?, ?, ?)')
          .run(delivery.key, delivery.path, sha256, answer, timestampOf(delivery.receivedAt));
      }
      return { answer, replayed: false };
    })
    .immediate();
}

/**
 * The `Idempotency-Key` of a request, null without one.
 * @throws RequestProblem 400 for one that is empty, long or not visible ASCII
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
