import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { OperatorError } from '../lib/errors.ts';
import { codeOf } from '../lib/sqlite.ts';

/**
 * Throws OperatorError if another user may write the outbox or its directory: such a user could plant entries, which
 * are sent with our password, or a journal, which SQLite plays back. Files of root are accepted.
 */
export function refuseWritableByOthers(file: string): void {
  const problem = problemWithOthers(file);
  if (problem !== null) throw new OperatorError(problem);
}

/** Returns how another user may write the outbox or a directory of it, and what to do; null if no other user may. */
export function problemWithOthers(file: string): string | null {
  const stat = statIfAny(file);
  // SQLite puts the journal beside the file that a symbolic link leads to.
  const directories = new Set([dirname(file), ...(stat ? [dirname(realpathSync(file))] : [])]);
  for (const path of [file, ...directories]) {
    const problem = problemOfPath(path);
    if (problem !== null) return problem;
  }
  return null;
}

/**
 * Throws OperatorError if another user may write a lock file: that user could hold the lock without end. Accepts a file
 * that cannot be examined, because it cannot be opened either.
 */
export function refuseLockOfOthers(lockFile: string): void {
  const problem = problemUnlessUnreadable(lockFile);
  if (problem !== null) throw new OperatorError(problem);
}

function problemUnlessUnreadable(path: string): string | null {
  try {
    return problemOfPath(path);
  } catch {
    return null;
  }
}

function problemOfPath(path: string): string | null {
  const stat = statIfAny(path);
  if (!stat) return null;
  if (isOfAnother(stat))
    return `${path} belongs to another user (uid ${stat.uid}), who could change what is sent: name another with --outbox, or take it over: chown`;
  if ((stat.mode & 0o022) === 0) return null;
  const mode = (stat.mode & 0o7777).toString(8);
  return `${path} can be written by others (mode ${mode}), who could change what is sent: chmod go-w ${path}, or name another with --outbox`;
}

/**
 * Returns null if there is no such file, also if a part of its path is a file: the command that creates it reports
 * that.
 */
function statIfAny(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return null;
    throw error;
  }
}

function isOfAnother({ uid }: Stats): boolean {
  return uid !== 0 && uid !== process.getuid?.();
}
