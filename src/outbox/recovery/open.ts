import { messageOf } from '../../lib/errors.ts';
import { Outbox } from '../outbox.ts';
import { checkForDamage, isDamage, isReplaced } from './damage.ts';
import { type RecoveryOptions, recover } from './recover.ts';
import { identityOf } from './set-aside.ts';

/**
 * Opens the outbox to work with it, and looks through it; a damaged one is recovered first. Throws OperatorError with the
 * mend where that is not possible.
 */
export function openOutbox(file: string, options: RecoveryOptions): Outbox {
  return opened(file, options).outbox;
}

/** An outbox that is recovered when work on it finds damage, and the work done once more. */
export class HealingOutbox {
  readonly #file: string;
  readonly #options: RecoveryOptions;
  #opened: Opened;

  constructor(file: string, options: RecoveryOptions) {
    this.#file = file;
    this.#options = options;
    this.#opened = opened(file, options);
  }

  close(): void {
    this.#opened.outbox.close();
  }

  /** Does the work; once more where the file proves to be damaged, or to have been replaced. */
  run<Result>(work: (outbox: Outbox) => Result): Result {
    try {
      return work(this.#opened.outbox);
    } catch (error) {
      this.#heal(error);
      return work(this.#opened.outbox);
    }
  }

  /** The same for work that takes its time. Nothing else may use the outbox meanwhile. */
  async runLong<Result>(work: (outbox: Outbox) => Promise<Result>): Promise<Result> {
    try {
      return await work(this.#opened.outbox);
    } catch (error) {
      this.#heal(error);
      return await work(this.#opened.outbox);
    }
  }

  /** Throws the error again where it is another. */
  #heal(error: unknown): void {
    if (!isDamage(error) && !isReplaced(error)) throw error;
    this.#opened.outbox.close();
    if (isDamage(error))
      recover(this.#file, { identity: this.#opened.identity, reason: reasonOf(error) }, this.#options);
    this.#opened = opened(this.#file, this.#options);
  }
}

/** An outbox and which file it is. */
type Opened = { readonly outbox: Outbox; readonly identity: string | null };

function opened(file: string, options: RecoveryOptions): Opened {
  // Before it is opened: one that replaces it meanwhile must not be taken for the damaged one.
  const identity = identityOf(file);
  try {
    const outbox = openSound(file, options);
    return { outbox, identity: identity ?? identityOf(file) };
  } catch (error) {
    if (!isDamage(error)) throw error;
    recover(file, { identity, reason: reasonOf(error) }, options);
    const recovered = identityOf(file);
    return { outbox: openSound(file, options), identity: recovered };
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

/** What is wrong, in SQLite's words: those of the first cause. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? reasonOf(error.cause) : messageOf(error);
}
