import { existsSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncPath, writeDurably } from '../lib/durable.ts';

/**
 * Size of the reserve in bytes. On a full disk it gives space for about 240 answers of the SAM API of 4 kB each; the
 * journal needs 16 kB of it.
 */
const reserveBytes = 1024 * 1024;

function reserveFile(outbox: string): string {
  return `${outbox}.reserve`;
}

/** True if the outbox has its reserve. Only a file that was opened as an outbox ever gets one. */
export function hasReserve(outbox: string): boolean {
  return existsSync(reserveFile(outbox));
}

/** Creates the reserve if it is missing and the disk has space for it; otherwise does nothing. */
export function keepReserve(outbox: string): void {
  const file = reserveFile(outbox);
  try {
    if (statSync(file, { throwIfNoEntry: false })?.size === reserveBytes) return;
    const { bavail, bsize } = statfsSync(dirname(file));
    // Leave space for the next entries.
    if (bavail * bsize < 2 * reserveBytes) return;
    // Random bytes, because filesystems can compress others or store zeros as holes.
    writeDurably(file, process.getBuiltinModule('node:crypto').randomBytes(reserveBytes));
  } catch {
    // A quota can allow less than the free space of the filesystem.
  }
}

/** Deletes the reserve. Returns false if there was none or it cannot be deleted. */
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
