import { statSync } from 'node:fs';
import { messageOf, OperatorError } from '../../lib/errors.ts';
import type { Outbox } from '../outbox.ts';
import { carve } from './carve.ts';
import { type Filled, fill } from './fill.ts';
import { identityOf } from './set-aside.ts';

/**
 * Copies the readable entries of another file, such as a damaged one that was set aside, after the entries of an
 * outbox. Skips entries that exist already. Throws OperatorError if the file cannot be used.
 */
export function recoverFrom(file: string, outbox: Outbox, outboxFile: string): Filled & { withoutEntry: number } {
  const kind = statSync(file, { throwIfNoEntry: false });
  if (!kind?.isFile()) throw new OperatorError(`there is no file ${file} to recover from`);
  // Do not open the outbox itself here: closing any descriptor of it drops SQLite's locks (howtocorrupt.html §2.2).
  if (identityOf(file) === identityOf(outboxFile))
    throw new OperatorError(`${file} is the outbox itself: name another file to recover from`);
  try {
    const carving = carve(file);
    try {
      return { ...fill(outbox.database, carving, 'anew'), withoutEntry: carving.strayBodies };
    } finally {
      carving.close();
    }
  } catch (error) {
    throw new OperatorError(`cannot recover from ${file}: ${messageOf(error)}`, { cause: error });
  }
}
