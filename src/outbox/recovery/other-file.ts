import { Database } from 'bun:sqlite';
import { OperatorError } from '../../lib/errors.ts';
import { hasReserve } from '../reserve.ts';
import { carve } from './carve.ts';
import { isDamage, refuseForeign } from './damage.ts';

/**
 * Throws OperatorError for a file that was never an outbox, such as a text that a mistyped `--outbox` names. The
 * reserve beside a file shows that it was an outbox, however damaged it is. No database of the file may be open in this
 * process: closing any descriptor of it drops SQLite's locks (howtocorrupt.html §2.2).
 */
export function refuseOtherFile(file: string): void {
  if (hasReserve(file) || mayBeOutbox(file)) return;
  throw new OperatorError(
    `${file} is not an outbox, and not a database at all: correct --outbox, or move the file away`,
  );
}

/**
 * Throws OperatorError for a file that is not an outbox: another program's database, or not a database. A command that
 * creates a lock file before it opens the outbox calls this first, so that it leaves no file beside such a file.
 */
export function refuseNotOutbox(file: string): void {
  try {
    const database = new Database(file, { create: false, readwrite: true });
    try {
      refuseForeign(database, file);
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    if (isDamage(error)) refuseOtherFile(file);
    // The file may not exist. The command that opens the outbox meets any other error again and reports it.
  }
}

/** False only if the whole file was read and has no rows of an outbox. */
function mayBeOutbox(file: string): boolean {
  try {
    const carving = carve(file);
    carving.close();
    return carving.isOfOutbox || carving.readFault() !== null;
  } catch {
    // The command that opens or recovers the file meets the same error and reports it.
    return true;
  }
}
