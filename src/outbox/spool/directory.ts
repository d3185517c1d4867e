import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncPath } from '../../lib/durable.ts';
import { codeOf } from '../../lib/sqlite.ts';

/**
 * Creates the spool directory if necessary. Throws an Error that says why it cannot be used: its parent is writable for
 * everyone, and in a directory or behind a link of another user, that user could read or plant files.
 */
export function makeSpoolDirectory(directory: string): void {
  try {
    const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) syncPath(dirname(made));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const problem = problemOf(directory);
  if (problem !== null) throw new Error(`${directory} ${problem}`);
}

/** True if files can be imported from this directory. */
export function isSpoolDirectory(directory: string): boolean {
  try {
    // A file that cannot be removed would be imported again and again.
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return problemOf(directory) === null;
  } catch {
    return false;
  }
}

function problemOf(directory: string): string | null {
  const stat = lstatSync(directory);
  if (!stat.isDirectory()) return 'is not a directory: remove it, or set fallback_directory';
  if (stat.uid !== process.getuid?.()) return 'belongs to another user: set fallback_directory';
  if ((stat.mode & 0o077) !== 0) return `is open to others: chmod 700 ${directory}`;
  return null;
}
