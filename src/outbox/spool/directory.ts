import { accessSync, constants, lstatSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncPath } from '../../lib/durable.ts';
import { messageOf } from '../../lib/errors.ts';
import { codeOf } from '../../lib/sqlite.ts';

/**
 * Returns the directory for new files of the spool, created if necessary. If another user made the one that is named,
 * it is a directory beside it with a random name. Throws an Error that says why neither can be used.
 */
export function makeSpoolDirectory(directory: string): string {
  const problem = spoolProblem(directory);
  if (problem === null) {
    const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) syncPath(dirname(made));
    return directory;
  }
  try {
    const [existing] = substitutesOf(directory);
    if (existing !== undefined) return existing;
    const made = mkdtempSync(`${directory}.`);
    syncPath(dirname(made));
    return made;
  } catch (error) {
    throw new Error(`${problem}; and no other directory can be created beside it: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Returns the directories whose files may be imported. */
export function spoolDirectories(directory: string): string[] {
  return [directory, ...substitutesOf(directory)].filter(isUsable);
}

/**
 * Returns why the directory must not be used, and what to do; null if it may be used or does not exist. Its parent can
 * be writable by every user, so another user could create the directory, or a link, to read or plant files.
 */
export function spoolProblem(directory: string): string | null {
  let stat: ReturnType<typeof lstatSync>;
  try {
    stat = lstatSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    return `${directory} cannot be used: ${messageOf(error)}`;
  }
  if (!stat.isDirectory()) return `${directory} is not a directory: remove it, or set fallback_directory`;
  if (stat.uid !== process.getuid?.()) return `${directory} belongs to another user: set fallback_directory`;
  if ((stat.mode & 0o077) !== 0) return `${directory} is open to others: chmod 700 ${directory}`;
  return null;
}

/** Returns the directories that were created in place of this one. */
function substitutesOf(directory: string): string[] {
  try {
    return readdirSync(dirname(directory))
      .filter((name) => name.startsWith(`${basename(directory)}.`))
      .map((name) => join(dirname(directory), name))
      .filter(isUsable)
      .sort();
  } catch {
    return [];
  }
}

function isUsable(directory: string): boolean {
  try {
    // A file that cannot be deleted would be imported again and again.
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return spoolProblem(directory) === null;
  } catch {
    return false;
  }
}
