import { existsSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncPath, writeDurably } from '../lib/durable.ts';

/**
 * Room to record answers in when the disk is full: a drain that fills it to the brim has some 240 of them, of 4 kB as the
 * SAM API gives them (the journal itself needs 16 kB).
 */
const reserveBytes = 1024 * 1024;

function reserveFile(outbox: string): string {
  return `${outbox}.reserve`;
}

/** True if the outbox has its reserve, which is only made beside a file that was opened as an outbox. */
export function hasReserve(outbox: string): boolean {
  return existsSync(reserveFile(outbox));
}

/** Makes the outbox's reserve where it is missing and there is room for it; without room there is none for now. */
export function keepReserve(outbox: string): void {
  const file = reserveFile(outbox);
  try {
    if (statSync(file, { throwIfNoEntry: false })?.size === reserveBytes) return;
    const { bavail, bsize } = statfsSync(dirname(file));
    // Not the last of the room: what is to be stored needs some, too.
    if (bavail * bsize < 2 * reserveBytes) return;
    // Bytes that no filesystem can leave out or shrink.
    writeDurably(file, process.getBuiltinModule('node:crypto').randomBytes(reserveBytes));
  } catch {
    // A quota may leave less than the filesystem has.
  }
}

/** Gives the reserve's room back to the filesystem; false where there was none. */
export function giveUpReserve(outbox: string): boolean {
  const file = reserveFile(outbox);
  try {
    if (!statSync(file, { throwIfNoEntry: false })) return false;
    rmSync(file);
    syncPath(dirname(file));
    return true;
  } catch {
    return false;
  }
}
