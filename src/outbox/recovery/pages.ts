import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf } from '../../lib/errors.ts';

/** Bytes that are read at once when all pages are gone through. */
const chunkBytes = 2 ** 20;
const magic = 'SQLite format 3\0';
/** What SQLite makes where it is not told otherwise. */
const usualPageSize = 4096;

/**
 * A database file as a row of pages, whatever state it is in (https://www.sqlite.org/fileformat2.html). Closing it drops
 * the locks that SQLite has on the file in this process.
 */
export class PageFile {
  readonly pageSize: number;
  /** Bytes of a page that are used, from its beginning. */
  readonly usableSize: number;
  /** True if the file begins as every SQLite database does. */
  readonly isDatabase: boolean;
  readonly pageCount: number;
  readonly byteCount: number;
  readonly #descriptor: number;
  readonly #page: Buffer<ArrayBuffer>;
  #readFault: string | null = null;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    this.byteCount = fstatSync(this.#descriptor).size;
    const header = Buffer.alloc(100);
    this.#read(header, 0);
    // 65536 does not fit, and is written as 1.
    const written = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
    this.isDatabase = header.toString('latin1', 0, 16) === magic;
    const isPlausible = this.isDatabase && written >= 512 && (written & (written - 1)) === 0;
    this.pageSize = isPlausible ? written : usualPageSize;
    const reserved = isPlausible ? header.readUInt8(20) : 0;
    this.usableSize = this.pageSize - (this.pageSize - reserved >= 480 ? reserved : 0);
    this.pageCount = Math.ceil(this.byteCount / this.pageSize);
    this.#page = Buffer.alloc(this.pageSize);
  }

  /** Why a part of the file could not be read, the first such part; null if all could. */
  get readFault(): string | null {
    return this.#readFault;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** A page by its number, from 1, valid until the next is asked for; null where there is none. */
  page(number: number): Buffer<ArrayBuffer> | null {
    if (number < 1 || number > this.pageCount) return null;
    this.#read(this.#page, (number - 1) * this.pageSize);
    return this.#page;
  }

  /** All pages with their numbers; each is valid until the next is asked for. */
  *pages(): Generator<[number: number, page: Buffer]> {
    const chunk = Buffer.alloc(Math.max(chunkBytes, this.pageSize));
    const pagesInChunk = chunk.length / this.pageSize;
    for (let first = 1; first <= this.pageCount; first += pagesInChunk) {
      this.#read(chunk, (first - 1) * this.pageSize);
      const count = Math.min(pagesInChunk, this.pageCount - first + 1);
      for (let index = 0; index < count; index++)
        yield [first + index, chunk.subarray(index * this.pageSize, (index + 1) * this.pageSize)];
    }
  }

  /**
   * The pages that are free, whose rows were deleted; none where the list of them is not whole: a damaged one could name
   * pages that are in use.
   */
  freePages(): ReadonlySet<number> {
    const free = new Set<number>();
    const first = this.page(1);
    if (first === null || first.toString('latin1', 0, 16) !== magic) return free;
    let trunk = first.readUInt32BE(32);
    const count = first.readUInt32BE(36);
    while (trunk !== 0) {
      const page = free.has(trunk) ? null : this.page(trunk);
      const leaves = page?.readUInt32BE(4) ?? 0;
      if (page === null || leaves > this.usableSize / 4 - 2) return new Set();
      free.add(trunk);
      for (let index = 0; index < leaves; index++) {
        const leaf = page.readUInt32BE(8 + 4 * index);
        if (leaf < 2 || leaf > this.pageCount || free.has(leaf)) return new Set();
        free.add(leaf);
      }
      trunk = page.readUInt32BE(0);
    }
    return free.size === count ? free : new Set();
  }

  /** Fills the buffer; with zeros where the file has nothing or cannot be read. */
  #read(buffer: Buffer, position: number): void {
    let read = 0;
    while (read < buffer.length) {
      const more = this.#readSome(buffer, read, position + read);
      if (more === 0) break;
      read += more;
    }
    buffer.fill(0, read);
  }

  #readSome(buffer: Buffer, offset: number, position: number): number {
    const read = () => readSync(this.#descriptor, buffer, offset, buffer.length - offset, position);
    try {
      return read();
    } catch {
      // A network filesystem may fail once.
    }
    try {
      return read();
    } catch (error) {
      // A bad block costs the chunk it is in, not all that is behind it.
      this.#readFault ??= messageOf(error);
      return 0;
    }
  }
}
