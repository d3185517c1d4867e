import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file whole or not at all, for its owner only; when this returns, it is on disk and survives a power failure. */
export function writeDurably(file: string, content: string | Uint8Array, mode = 0o600): void {
  const unfinished = `${file}.${process.pid}${unfinishedSuffix}`;
  try {
    rmSync(unfinished, { force: true });
    // Exclusively: nothing that somebody else put there is followed or written.
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
      // What went wrong first is what counts.
    }
    throw error;
  }
  syncPath(dirname(file));
}

/** What the name of a file ends with while it is written; a process that was killed may leave one. */
export const unfinishedSuffix = '.unfinished';

/**
 * Brings a file to disk, or the names in a directory: a file that was made, renamed or removed is so for good only when
 * its directory was.
 */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
