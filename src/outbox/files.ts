import { statSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the outbox file in the state directory. */
export function outboxFile(stateDirectory: string): string {
  return join(stateDirectory, 'outbox.db');
}

/** True if there is a file. Throws the system's error on a failing disk, for which `existsSync` returns false. */
export function fileExists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** Returns the lock file of the drain; only one process drains an outbox at a time. */
export function drainLockFile(outbox: string): string {
  return `${outbox}.drain-lock`;
}

/** Returns the file in which a recovery collects the readable entries before it replaces the damaged outbox. */
export function recoveringFile(outbox: string): string {
  return `${outbox}.recovering`;
}
