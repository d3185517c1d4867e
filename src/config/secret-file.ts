import { readFileSync, statSync } from 'node:fs';
import { messageOf, OperatorError } from '../lib/errors.ts';

/**
 * Reads a file that holds a secret; null if there is none. `holds` names the content for errors, such as `passwords`.
 * Throws OperatorError if others can read the file or it cannot be read.
 */
export function readSecretFile(file: string, holds: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return null;
  // Do not read a FIFO: it could block forever.
  if (!stat.isFile()) throw new OperatorError(`${file} is not a regular file: remove it and create a regular file`);
  const mode = stat.mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new OperatorError(
      `${file} can be read by others (mode ${mode.toString(8)}) and holds ${holds}: chmod 600 ${file}`,
    );
  }
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}
