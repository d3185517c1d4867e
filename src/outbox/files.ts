import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The outbox's file in the state directory. */
export function outboxFile(stateDirectory: string): string {
  return join(stateDirectory, 'outbox.db');
}

/** The file whose lock the one drain of an outbox holds. */
export function drainLockFile(outbox: string): string {
  return `${outbox}.drain-lock`;
}

/** The file whose lock the one collection of a system holds. */
export function collectLockFile(outbox: string, system: string): string {
  return `${outbox}.collect-${system}-lock`;
}

/**
 * Makes a file that only its owner can read, with its directory, where it is not there; true if it was made. Never opens
 * one that is there: closing it again would drop the locks that SQLite holds on it in this process.
 */
export function ensureFile(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
