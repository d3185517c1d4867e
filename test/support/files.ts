import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh directory under the system's temporary one, and what removes it. */
export function temporaryDirectory(parent = tmpdir()): { path: string; remove(): void } {
  const path = mkdtempSync(join(parent, 'hpc-collector-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The same in memory where there is such a place: hundreds of outboxes that fsync take their time on a disk. */
export function quickDirectory(): { path: string; remove(): void } {
  return temporaryDirectory(existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
}

/** The number of descriptors of a file that this process has open. */
export function descriptorsOf(file: string): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => linkOf(`/proc/self/fd/${descriptor}`) === file).length;
}

/** The target of a symbolic link; null if it is gone. */
function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
