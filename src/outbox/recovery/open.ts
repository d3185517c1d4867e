import { SQLiteError } from 'bun:sqlite';
import { messageOf } from '../../lib/errors.ts';
import { Outbox } from '../outbox.ts';
import { unwritable } from '../unwritable.ts';
import { checkForDamage, isDamage, isReadFault, isReplaced } from './damage.ts';
import { type RecoveryOptions, recover } from './recover.ts';
import { identityOf } from './set-aside.ts';

/**
 * Opens the outbox to write it, and checks it for damage. Recovers a damaged outbox first. Throws OperatorError, with
 * the remedy, if that is not possible.
 */
export function openOutbox(file: string, options: RecoveryOptions): Outbox {
  return opened(file, options).outbox;
}

/**
 * An outbox that is recovered while it is used. Work that fails because of the file is done again. The first repetition
 * uses a new connection, because a single failed read can look like damage. The second one uses the recovered file.
 */
export class HealingOutbox {
  readonly #file: string;
  readonly #options: RecoveryOptions;
  /** Null after the file could not be opened again. */
  #opened: Opened | null;

  constructor(file: string, options: RecoveryOptions) {
    this.#file = file;
    this.#options = options;
    this.#opened = opened(file, options);
  }

  close(): void {
    this.#opened?.outbox.close();
    this.#opened = null;
  }

  /** Does the work. Throws OutboxUnwritable if the file cannot be used. */
  run<Result>(work: (outbox: Outbox) => Result): Result {
    for (let failures = 1; ; failures++) {
      try {
        return work(this.#current());
      } catch (error) {
        this.#heal(error, failures);
      }
    }
  }

  /** The same for asynchronous work. Nothing else may use the outbox until it ends. */
  async runLong<Result>(work: (outbox: Outbox) => Promise<Result>): Promise<Result> {
    for (let failures = 1; ; failures++) {
      try {
        return await work(this.#current());
      } catch (error) {
        this.#heal(error, failures);
      }
    }
  }

  #current(): Outbox {
    this.#opened ??= opened(this.#file, this.#options);
    return this.#opened.outbox;
  }

  /** Prepares for another attempt; throws if that would not help. */
  #heal(error: unknown, failures: number): void {
    const identity = this.#opened?.identity ?? null;
    const isWorthAnother = isReplaced(error) ? failures < 3 : healing(error, failures) !== 'none';
    if (this.#opened === null || !isWorthAnother) throw inWords('use the outbox', this.#file, error);
    this.close();
    if (healing(error, failures) === 'recover')
      recover(this.#file, { identity, reason: reasonOf(error) }, this.#options);
  }
}

/** Returns what to do after so many failures: read again first, then recover a file that is still damaged. */
function healing(error: unknown, failures: number): 'read again' | 'recover' | 'none' {
  if (isDamage(error)) return failures === 1 ? 'read again' : failures === 2 ? 'recover' : 'none';
  return isReadFault(error) && failures === 1 ? 'read again' : 'none';
}

/** Returns an error of the file as an OutboxUnwritable, so that a snapshot is stored elsewhere; others unchanged. */
function inWords(doing: string, file: string, error: unknown): unknown {
  return error instanceof SQLiteError || isDamage(error) || isReadFault(error) ? unwritable(doing, file, error) : error;
}

/** An outbox, and the identity of its file; null if the file was created. */
type Opened = { readonly outbox: Outbox; readonly identity: string | null };

function opened(file: string, options: RecoveryOptions): Opened {
  for (let failures = 1; ; failures++) {
    // Read this before the file is opened: a file that replaces it later must not be taken for the damaged one.
    const identity = identityOf(file);
    try {
      const outbox = openSound(file, options);
      return { outbox, identity };
    } catch (error) {
      const next = healing(error, failures);
      if (next === 'none') throw inWords('open the outbox', file, error);
      if (next === 'recover') recover(file, { identity, reason: reasonOf(error) }, options);
    }
  }
}

function openSound(file: string, { isChecked = true, ...options }: RecoveryOptions): Outbox {
  const outbox = options.open?.(file) ?? new Outbox(file);
  try {
    if (isChecked) checkForDamage(outbox.database, new Date());
    options.prepare?.(outbox);
    return outbox;
  } catch (error) {
    outbox.close();
    throw error;
  }
}

/** Returns SQLite's message: that of the first cause. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? reasonOf(error.cause) : messageOf(error);
}
