import { constants, copyFileSync, existsSync, linkSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncPath } from '../../lib/durable.ts';
import { codeOf } from '../../lib/sqlite.ts';

/** Suffixes of the files that SQLite keeps beside a database. */
const sideFiles = ['-journal', '-wal', '-shm'] as const;

/** Error codes of filesystems without hard links. */
const noLinks: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'];

/** Returns an unused name for a damaged file, such as `outbox.db.damaged-20261121T021942Z`. */
export function nameAside(file: string, now: Date): string {
  const base = `${file}.damaged-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!['', ...sideFiles].some((side) => existsSync(name + side))) return name;
  }
}

/**
 * Renames a damaged file with its side files, and puts a complete new file in its place. The path always exists: a
 * process that opens it meanwhile gets the old file or the new one, and a crash leaves the old one, so that the next
 * process starts again.
 */
export function setAside(file: string, aside: string, fresh: string): void {
  // Move these first: SQLite would replay the journal of the old file into the new one.
  for (const side of sideFiles) if (existsSync(file + side)) renameSync(file + side, aside + side);
  keepAs(file, aside);
  syncPath(dirname(file));
  renameSync(fresh, file);
  syncPath(dirname(file));
}

/** Returns an identifier of the file at a path, to detect its replacement; null if there is none. */
export function identityOf(file: string): string | null {
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    // The same error will be reported when the file is opened.
    return null;
  }
}

/** Gives the file a second name. */
function keepAs(file: string, aside: string): void {
  try {
    linkSync(file, aside);
  } catch (error) {
    if (!noLinks.includes(codeOf(error))) throw error;
    copyFileSync(file, aside, constants.COPYFILE_EXCL);
    syncPath(aside);
  }
}
