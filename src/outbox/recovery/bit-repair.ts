import { sha256Of } from '../insert.ts';
import type { EntryRow } from '../row.ts';

/** Sizes of the header that `Bun.gzipSync` writes and of the trailer (RFC 1952, section 2.3), in bytes. */
const headerBytes = 10;
const trailerBytes = 8;
/** Size limit of a compressed body in bytes: trying all bits of a larger one takes too long. */
const maxGzipBytes = 16 * 1024;
/** Time limit for one body, in milliseconds: one body must not use up the time of all others. */
const maxMillisecondsEach = 2000;
/** Time limit for all bodies of a file, in milliseconds. Other processes wait up to 10 s for a recovery. */
const maxMilliseconds = 5000;

/**
 * Repairs bodies that have one wrong bit, the usual damage by bad memory, or a damaged gzip header or trailer. It tries
 * every bit until the SHA-256 of the body is that of the entry, so a repaired body is exactly the stored one.
 */
export class BitRepair {
  #millisecondsLeft: number;

  constructor(milliseconds = maxMilliseconds) {
    this.#millisecondsLeft = milliseconds;
  }

  /** Returns the repaired body, compressed; null if one bit does not explain the damage or the time is used up. */
  repair(gzip: Uint8Array, row: EntryRow): Uint8Array<ArrayBuffer> | null {
    const started = performance.now();
    const end = started + Math.min(maxMillisecondsEach, this.#millisecondsLeft);
    const body = gzip.length > maxGzipBytes ? null : search(gzip, row, end);
    this.#millisecondsLeft -= performance.now() - started;
    return body && Bun.gzipSync(body);
  }
}

function search(gzip: Uint8Array, row: EntryRow, end: number): Uint8Array<ArrayBuffer> | null {
  // A copy, because the bits are changed in place.
  const deflated = new Uint8Array(gzip.slice(headerBytes, -trailerBytes));
  const asItIs = inflate(deflated, row);
  if (asItIs) return asItIs;
  for (const [index, byte] of deflated.entries()) {
    if (performance.now() > end) return null;
    for (let bit = 128; bit > 0; bit >>= 1) {
      deflated[index] = byte ^ bit;
      const body = inflate(deflated, row);
      if (body) return body;
    }
    deflated[index] = byte;
  }
  return null;
}

/** Returns the uncompressed body if its size and SHA-256 are those of the entry; null if not. */
function inflate(deflated: Uint8Array<ArrayBuffer>, row: EntryRow): Uint8Array<ArrayBuffer> | null {
  try {
    // Do not use node:zlib here: its calls take seven times as long, and a repair makes thousands.
    const body = Bun.inflateSync(deflated);
    return body.length === row.body_bytes && sha256Of(body) === row.body_sha256 ? body : null;
  } catch {
    return null;
  }
}
