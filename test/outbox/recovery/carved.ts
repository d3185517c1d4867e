import { storedBody } from '../../../src/outbox/insert.ts';
import type { Carved } from '../../../src/outbox/recovery/carve.ts';

/** An entry with its body as `carve` finds it: pending unless said otherwise. */
export function carvedEntry(
  sequence: number,
  rest: Partial<Carved['row']> = {},
  body = `{"n":${sequence}}`,
): Carved & { gzip: Uint8Array<ArrayBuffer> } {
  const { bytes, sha256, gzip } = storedBody(body);
  const row: Carved['row'] = {
    sequence,
    id: Bun.randomUUIDv7(),
    stream: 'sam/casper',
    destination: 'sam',
    method: 'POST',
    path: '/x',
    body_bytes: bytes,
    body_sha256: sha256,
    collected_at: Date.UTC(2026, 2, 1, 10) + sequence,
    state: 'pending',
    attempts: 0,
    failed_drains: 0,
    first_sent_at: null,
    next_attempt_at: null,
    last_status: null,
    last_error: null,
    delivered_at: null,
    answer: null,
    failed_probes: '[]',
    ...rest,
  };
  return { row, gzip: new Uint8Array(gzip) };
}

/** Flips bits of a compressed body, each by its position. */
export function flipped(gzip: Uint8Array<ArrayBuffer>, bits: readonly number[]): Uint8Array<ArrayBuffer> {
  const damaged = new Uint8Array(gzip);
  for (const bit of bits) damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return damaged;
}
