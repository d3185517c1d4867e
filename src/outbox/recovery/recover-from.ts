import { statSync } from 'node:fs';
import { messageOf, OperatorError } from '../../lib/errors.ts';
import type { Outbox } from '../outbox.ts';
import { carve } from './carve.ts';
import { type Filled, fill } from './fill.ts';
import { identityOf } from './set-aside.ts';

/**
 * Takes what can be read of another file, such as one that was set aside, into an outbox: behind what is there, without
 * the entries that are there already. Throws OperatorError where the file is not one to read.
 */
export function recoverFrom(file: string, outbox: Outbox, outboxFile: string): Filled & { withoutEntry: number } {
  const kind = statSync(file, { throwIfNoEntry: false });
  if (!kind?.isFile()) throw new OperatorError(`there is no file ${file} to recover from`);
  // To read it beside SQLite would drop its locks.
  if (identityOf(file) === identityOf(outboxFile)) throw new OperatorError(`${file} is the outbox itself`);
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
