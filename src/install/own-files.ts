import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { ownFileMark } from './systemd.ts';

/**
 * Writes a file that belongs to this program; returns false if it already exists with this content. Throws
 * OperatorError if another file is in its place.
 */
export function writeOwnFile(file: string, text: string): boolean {
  const before = ownFile(file);
  if (before === text) return false;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o644 });
    return true;
  } catch (error) {
    throw new OperatorError(`cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** True if such a file exists. Throws OperatorError if it belongs to others. */
export function hasOwnFile(file: string): boolean {
  return ownFile(file) !== null;
}

/** Removes such a file; returns false if there is none. Throws OperatorError if it belongs to others. */
export function removeOwnFile(file: string): boolean {
  if (ownFile(file) === null) return false;
  try {
    rmSync(file);
    return true;
  } catch (error) {
    throw new OperatorError(`cannot remove ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function ownFile(file: string): string | null {
  if (!existsSync(file)) return null;
  const text = readFileSync(file, 'utf8');
  if (text.startsWith(ownFileMark)) return text;
  throw new OperatorError(`${file} was not written by 'hpc-collector install': it is unchanged; move it away first`);
}
