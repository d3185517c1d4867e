import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { unfinishedSuffix, writeDurably } from '../../lib/durable.ts';
import type { ForeignEntry } from '../entry.ts';
import { sha256Of } from '../insert.ts';
import { makeSpoolDirectory, spoolDirectories, spoolProblem } from './directory.ts';
import { answerText, entryText, type SpooledAnswer } from './files.ts';

/** Size limit in bytes: about four weeks of two systems. */
const maxSpoolBytes = 1024 ** 3;
const entrySuffix = '.entry.json';
const answerSuffix = '.answer.json';
/** Digits of the number in the name of an entry's file. Files of an earlier version begin with an id instead, whose first part is shorter. */
const numberDigits = 12;

/** The file of a snapshot, and older snapshots that were deleted for it. */
export type Spooled = { readonly file: string; readonly dropped: readonly string[] };

/**
 * A directory on another filesystem for what the outbox cannot store: entries, and answers to entries. The next command
 * that opens the outbox imports them. Several outboxes can share it; each sees only its own files.
 */
export class Spool {
  readonly #directory: string;
  readonly #outbox: string;
  readonly #maxBytes: number;

  constructor(directory: string, outboxFile: string, maxBytes: number = maxSpoolBytes) {
    this.#directory = directory;
    this.#outbox = resolve(outboxFile);
    this.#maxBytes = maxBytes;
  }

  /** Stores an entry; when this returns, it is on disk. Throws an Error that says why it cannot. */
  keepEntry(entry: ForeignEntry): Spooled {
    const directory = makeSpoolDirectory(this.#directory);
    const text = entryText(this.#outbox, entry);
    const dropped = this.#makeRoom(Buffer.byteLength(text));
    const file = this.#file(directory, `${this.#nextNumber()}-${entry.id}`, entrySuffix);
    writeDurably(file, text);
    return { file, dropped };
  }

  /** Stores the answer to an entry and returns the file. Throws an Error that says why it cannot. */
  keepAnswer(answer: SpooledAnswer): string {
    const directory = makeSpoolDirectory(this.#directory);
    const file = this.#file(directory, answer.id, answerSuffix);
    writeDurably(file, answerText(this.#outbox, answer));
    return file;
  }

  /**
   * Returns why the named directory cannot be used, so that `doctor` reports it before it is needed; null if it can be.
   */
  problem(): string | null {
    return spoolProblem(this.#directory);
  }

  /** Lists the files of entries, the first stored one first. */
  entries(): string[] {
    return this.#files(entrySuffix);
  }

  /** Lists the files of answers. */
  answers(): string[] {
    return this.#files(answerSuffix);
  }

  #file(directory: string, name: string, suffix: string): string {
    return join(directory, `${this.#prefix()}${encodeURIComponent(name)}${suffix}`);
  }

  /**
   * Returns a number higher than that of every stored entry, with leading zeros. Ids do not give the order: UUIDv7 ids
   * of two processes within a millisecond are in no order, and the clock can go back.
   */
  #nextNumber(): string {
    const last = this.entries().at(-1);
    const number = last === undefined ? 0 : this.#numberOf(basename(last));
    return String(number + 1).padStart(numberDigits, '0');
  }

  /** Returns the number in a file name; 0 for a file of an earlier version, which has none, so that it comes first. */
  #numberOf(fileName: string): number {
    const [, number] = /^(\d{12})-/.exec(fileName.slice(this.#prefix().length)) ?? [];
    return Number(number ?? 0);
  }

  #prefix(): string {
    return `${sha256Of(this.#outbox).slice(0, 12)}-`;
  }

  #files(suffix: string): string[] {
    return spoolDirectories(this.#directory)
      .flatMap((directory) => readdirSync(directory, { withFileTypes: true }))
      .filter((file) => file.isFile() && file.name.startsWith(this.#prefix()) && file.name.endsWith(suffix))
      .sort((one, other) => this.#numberOf(one.name) - this.#numberOf(other.name) || (one.name < other.name ? -1 : 1))
      .map((file) => join(file.parentPath, file.name));
  }

  /** Deletes the oldest entries over the size limit and returns their names. */
  #makeRoom(neededBytes: number): string[] {
    // A killed process can have left an unfinished file.
    for (const { file, mtimeMs } of this.#files(unfinishedSuffix).flatMap(withStat)) {
      if (Date.now() - mtimeMs > 3_600_000) rmSync(file, { force: true });
    }
    const files = this.entries().flatMap(withStat);
    let total = files.reduce((sum, { size }) => sum + size, neededBytes);
    const dropped: string[] = [];
    for (const { file, size } of files) {
      if (total <= this.#maxBytes) break;
      rmSync(file, { force: true });
      total -= size;
      dropped.push(basename(file));
    }
    return dropped;
  }
}

/** Returns a file with its size and time; nothing if another process has imported it. */
function withStat(file: string): readonly { file: string; size: number; mtimeMs: number }[] {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  return stat ? [{ file, size: stat.size, mtimeMs: stat.mtimeMs }] : [];
}
