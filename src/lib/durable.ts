import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file completely or not at all, with mode 0600. When this returns, the file is on disk and survives a power
 * failure.
 */
export function writeDurably(file: string, content: string | Uint8Array, mode = 0o600): void {
  const unfinished = `${file}.${process.pid}${unfinishedSuffix}`;
  try {
    rmSync(unfinished, { force: true });
    // Create the file exclusively, so that a file or link of another user is never followed or overwritten.
    const descriptor = openSync(unfinished, 'wx', mode);
    try {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(unfinished, file);
  } catch (error) {
    try {
      rmSync(unfinished, { force: true });
    } catch {
      // Report the first failure.
    }
    throw error;
  }
  syncPath(dirname(file));
}

/** The suffix of a file while it is being written; a killed process can leave one. */
export const unfinishedSuffix = '.unfinished';

/**
 * Syncs a file or a directory to disk. Creating, renaming or removing a file is durable only after its directory is
 * synced.
 */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
