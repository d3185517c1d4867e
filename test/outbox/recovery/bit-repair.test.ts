import { describe, expect, test } from 'bun:test';
import { gzipSync } from 'node:zlib';
import { storedBody } from '../../../src/outbox/insert.ts';
import { BitRepair } from '../../../src/outbox/recovery/bit-repair.ts';
import { noise } from '../queue.ts';
import { carvedEntry, flipped } from './carved.ts';

const body = JSON.stringify(Array.from({ length: 60 }, (_, index) => ({ node: `crhtc${index}`, cores: 36 * index })));

const rowOf = (text: string) => carvedEntry(1, {}, text).row;
const damaged = (text: string, bits: readonly number[]) => flipped(carvedEntry(1, {}, text).gzip, bits);
const size = storedBody(body).gzip.length;
const textOf = (gzip: Uint8Array<ArrayBuffer> | null) => gzip && Buffer.from(Bun.gunzipSync(gzip)).toString();

describe('a body is exactly the stored one again', () => {
  test.each([
    ['in the header', [3]],
    ['in the first bit of the first deflated byte', [80]],
    ['in the last bit of the first deflated byte', [87]],
    ['in the middle', [(size >> 1) * 8 + 5]],
    ['in the last deflated byte', [(size - 9) * 8]],
    ['in the checksum', [(size - 8) * 8]],
    ['in the checksum and the size', [(size - 8) * 8, size * 8 - 1]],
  ])('after a wrong bit %s', (_, bits) => {
    expect(textOf(new BitRepair().repair(damaged(body, bits), rowOf(body)))).toBe(body);
  });
});

test('a damaged header and trailer are repaired without the search for a bit, so without time', () => {
  expect(textOf(new BitRepair(0).repair(damaged(body, [3, size * 8 - 1]), rowOf(body)))).toBe(body);
});

test('several bodies are repaired, one after the other', () => {
  const repair = new BitRepair();
  for (let index = 0; index < 3; index++)
    expect(textOf(repair.repair(damaged(body, [800 + index]), rowOf(body)))).toBe(body);
});

test('the time limit is one for all bodies', () => {
  const repair = new BitRepair(1);
  // Takes longer: no bit of this body repairs it.
  const large = noise(12_000);
  expect(repair.repair(damaged(large, [20_000, 30_000]), rowOf(large))).toBeNull();
  expect(repair.repair(damaged(body, [80]), rowOf(body))).toBeNull();
});

test('a compressed body of up to 16 KiB is repaired', () => {
  const limit = 16 * 1024;
  for (const [bytes, isRepaired] of [
    [limit, true],
    [limit + 1, false],
  ] as const) {
    // Stored without compression: 5 bytes before the body, 18 of gzip.
    const text = 'x'.repeat(bytes - 23);
    const gzip = new Uint8Array(gzipSync(text, { level: 0, memLevel: 9 }));
    expect(gzip.length).toBe(bytes);
    expect(textOf(new BitRepair().repair(flipped(gzip, [0]), rowOf(text)))).toBe(isRepaired ? text : null);
  }
});

describe('no repair is made of', () => {
  test('a body of another size than that of the entry', () => {
    const row = { ...rowOf(body), body_bytes: body.length + 1 };
    expect(new BitRepair().repair(damaged(body, [3]), row)).toBeNull();
  });

  test('two wrong bits', () => {
    expect(new BitRepair().repair(damaged(body, [500, 900]), rowOf(body))).toBeNull();
  });

  test('the body of another entry', () => {
    expect(new BitRepair().repair(damaged(body.replace('36', '37'), []), rowOf(body))).toBeNull();
  });

  test('a body too large to try all bits in time, and too little time', () => {
    const large = noise(40_000);
    expect(new BitRepair().repair(damaged(large, [50_000]), rowOf(large))).toBeNull();
    expect(new BitRepair(0).repair(damaged(body, [(size >> 1) * 8]), rowOf(body))).toBeNull();
  });

  test('fewer bytes than a header and a trailer have', () => {
    for (let length = 0; length < 20; length++)
      expect(new BitRepair().repair(damaged(body, []).subarray(0, length), rowOf(body))).toBeNull();
  });
});
