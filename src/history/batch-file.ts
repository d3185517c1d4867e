import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import type { StoredBody } from '../outbox/entry.ts';
import { storedBody } from '../outbox/insert.ts';
import { unwritable } from '../outbox/unwritable.ts';
import { type Candidate, Fingerprints, fingerprintNumbers } from './fingerprints.ts';

/** Jobs that are sent together: the body, and their fingerprints. */
export type JobBatch = { readonly body: StoredBody; readonly fingerprints: Fingerprints };

/** The position of a batch in the file, and its data outside the file. */
type Place = Omit<StoredBody, 'gzip'> & { readonly at: number; readonly gzipBytes: number; readonly jobs: number };

/** Collect garbage after this many bytes of bodies; otherwise the memory grows to twice as much. */
const garbageBytes = 4 * 1024 * 1024;

/**
 * Holds the batches of a window until sacct has ended, in a file without a name. The file disappears with the process,
 * and a day with a million jobs needs no more memory than one with a thousand. Throws OutboxUnwritable if the file
 * cannot be written.
 */
export class BatchFile {
  readonly #file: string;
  #descriptor: number | null = null;
  #places: Place[] = [];
  #end = 0;
  #garbage = 0;

  /** The caller makes sure that no other process uses this name. */
  constructor(file: string) {
    this.#file = file;
    // A killed process can have left its file before it unlinked the name.
    rmSync(file, { force: true });
  }

  get count(): number {
    return this.#places.length;
  }

  /** Bytes of all compressed bodies. */
  get bytes(): number {
    return this.#places.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
  }

  add(text: string, jobs: readonly Candidate[]): void {
    const { gzip, bytes, sha256 } = storedBody(text);
    const { numbers, records } = Fingerprints.of(jobs);
    this.#places.push({ at: this.#end, gzipBytes: gzip.length, jobs: jobs.length, bytes, sha256 });
    for (const part of [gzip, numbers, records]) this.#write(part);
    this.#collect(bytes);
  }

  /** Yields the batches in the order of their addition, with one in memory at a time. */
  *batches(): Generator<JobBatch> {
    for (const { at, gzipBytes, jobs, bytes, sha256 } of this.#places) {
      const gzip = new Uint8Array(gzipBytes);
      const numbers = new Uint32Array(fingerprintNumbers * jobs);
      const records = new BigInt64Array(jobs);
      let position = at;
      for (const part of [gzip, numbers, records]) {
        this.#read(part, position);
        position += part.byteLength;
      }
      yield { body: { gzip, bytes, sha256 }, fingerprints: new Fingerprints(numbers, records) };
      this.#collect(bytes);
    }
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #collect(bytes: number): void {
    this.#garbage += bytes;
    if (this.#garbage < garbageBytes) return;
    this.#garbage = 0;
    Bun.gc(true);
  }

  #write(part: Uint8Array | Uint32Array | BigInt64Array): void {
    try {
      this.#append(part);
    } catch (error) {
      throw unwritable('write jobs to', this.#file, error);
    }
  }

  #append(part: Uint8Array | Uint32Array | BigInt64Array): void {
    this.#descriptor ??= namelessFile(this.#file);
    for (let done = 0; done < part.byteLength; ) {
      const rest = new Uint8Array(part.buffer, part.byteOffset + done, part.byteLength - done);
      const written = writeSync(this.#descriptor, rest, 0, rest.length, this.#end);
      done += written;
      this.#end += written;
    }
  }

  #read(part: Uint8Array | Uint32Array | BigInt64Array, position: number): void {
    if (this.#descriptor === null) throw new Error('no batch was added');
    for (let done = 0; done < part.byteLength; ) {
      const rest = new Uint8Array(part.buffer, part.byteOffset + done, part.byteLength - done);
      const read = readSync(this.#descriptor, rest, 0, rest.length, position + done);
      if (read === 0) throw new Error('the batch file is too short');
      done += read;
    }
  }
}

function namelessFile(name: string): number {
  const descriptor = openSync(name, 'wx+', 0o600);
  rmSync(name);
  return descriptor;
}
