import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf } from '../../lib/errors.ts';

/** Bytes in one read when all pages are read. */
const chunkBytes = 2 ** 20;
const magic = 'SQLite format 3\0';
/** The default page size of SQLite, in bytes. */
const usualPageSize = 4096;

/**
 * The pages of a database file, intact or damaged (https://www.sqlite.org/fileformat2.html). Closing it drops the locks
 * that SQLite holds on the file in this process.
 */
export class PageFile {
  readonly pageSize: number;
  /** The used bytes of a page, from its beginning. */
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
    // 65536 does not fit into two bytes, so SQLite stores it as 1.
    const written = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
    this.isDatabase = header.toString('latin1', 0, 16) === magic;
    const isPlausible = this.isDatabase && written >= 512 && (written & (written - 1)) === 0;
    this.pageSize = isPlausible ? written : usualPageSize;
    const reserved = isPlausible ? header.readUInt8(20) : 0;
    this.usableSize = this.pageSize - (this.pageSize - reserved >= 480 ? reserved : 0);
    this.pageCount = Math.ceil(this.byteCount / this.pageSize);
    this.#page = Buffer.alloc(this.pageSize);
  }

  /** Why the first unreadable part of the file could not be read; null if all parts could. */
  get readFault(): string | null {
    return this.#readFault;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Returns a page by its number, which counts from 1; null if it does not exist. It is valid until the next call. */
  page(number: number): Buffer<ArrayBuffer> | null {
    if (number < 1 || number > this.pageCount) return null;
    this.#read(this.#page, (number - 1) * this.pageSize);
    return this.#page;
  }

  /** Yields all pages with their numbers. Each is valid until the next one is read. */
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
   * Returns the numbers of the free pages, whose rows were deleted. Returns none if the free list is incomplete,
   * because a damaged list can name pages that are in use.
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

  /** Fills the buffer from the file, and with zeros after its end or a failed read. */
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
      // Try again: a read from a network filesystem can fail once.
    }
    try {
      return read();
    } catch (error) {
      // Lose only the chunk with the bad block, not the rest of the file.
      this.#readFault ??= messageOf(error);
      return 0;
    }
  }
}
