import { describe, expect, test } from 'bun:test';
import { storedBody } from '../../../src/outbox/insert.ts';
import { BitRepair } from '../../../src/outbox/recovery/bit-repair.ts';
import type { EntryRow } from '../../../src/outbox/row.ts';
import { noise } from '../queue.ts';

const body = JSON.stringify(Array.from({ length: 60 }, (_, index) => ({ node: `crhtc${index}`, cores: 36 * index })));

/** A row with the columns that a repair uses. */
function rowOf(text: string): EntryRow {
  const { bytes, sha256 } = storedBody(text);
  return {
    sequence: 1,
    id: '',
    stream: '',
    destination: 'sam',
    method: 'POST',
    path: '/',
    body_bytes: bytes,
    body_sha256: sha256,
    collected_at: 0,
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
  };
}

/** The compressed body after some bits were flipped, each by its position. */
function flipped(text: string, bits: readonly number[]): Uint8Array {
  const gzip = new Uint8Array(storedBody(text).gzip);
  for (const bit of bits) gzip[bit >> 3] = (gzip[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return gzip;
}

const size = storedBody(body).gzip.length;
const textOf = (gzip: Uint8Array<ArrayBuffer> | null) => gzip && Buffer.from(Bun.gunzipSync(gzip)).toString();

describe('a body is exactly the stored one again', () => {
  test.each([
    ['in the header', [3]],
    ['in the first deflated byte', [80]],
    ['in the middle', [(size >> 1) * 8 + 5]],
    ['in the last deflated byte', [(size - 9) * 8]],
    ['in the checksum', [(size - 8) * 8]],
    ['in the checksum and the size', [(size - 8) * 8, size * 8 - 1]],
  ])('after a wrong bit %s', (_, bits) => {
    expect(textOf(new BitRepair().repair(flipped(body, bits), rowOf(body)))).toBe(body);
  });
});

describe('no repair is made of', () => {
  test('two wrong bits', () => {
    expect(new BitRepair().repair(flipped(body, [500, 900]), rowOf(body))).toBeNull();
  });

  test('the body of another entry', () => {
    expect(new BitRepair().repair(flipped(body.replace('36', '37'), []), rowOf(body))).toBeNull();
  });

  test('a body too large to try all bits in time, and too little time', () => {
    const large = noise(40_000);
    expect(new BitRepair().repair(flipped(large, [50_000]), rowOf(large))).toBeNull();
    expect(new BitRepair(0).repair(flipped(body, [(size >> 1) * 8]), rowOf(body))).toBeNull();
  });

  test('fewer bytes than a header and a trailer have', () => {
    for (let length = 0; length < 20; length++)
      expect(new BitRepair().repair(flipped(body, []).subarray(0, length), rowOf(body))).toBeNull();
  });
});
