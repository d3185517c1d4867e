import { constants, copyFileSync, existsSync, linkSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncPath } from '../../lib/durable.ts';
import { codeOf } from '../../lib/sqlite.ts';

/** What SQLite keeps beside a database, by the end of the name. */
export const sideFiles = ['-journal', '-wal', '-shm'] as const;

/** Filesystems without hard links say so in one of these ways. */
const noLinks: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'];

/** Under which name a damaged file is set aside: `outbox.db.damaged-20261121T021942Z`, which nothing has yet. */
export function nameAside(file: string, now: Date): string {
  const base = `${file}.damaged-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!['', ...sideFiles].some((side) => existsSync(name + side))) return name;
  }
}

/**
 * Sets a damaged file aside with its side files, and puts a complete fresh one in its place. The file is there at every
 * moment: who opens it meanwhile gets the old one or the new one, and a crash leaves the old one, for the next to begin
 * again.
 */
export function setAside(file: string, aside: string, fresh: string): void {
  // First: a journal of the old one would be played back into the new one.
  for (const side of sideFiles) if (existsSync(file + side)) renameSync(file + side, aside + side);
  keepAs(file, aside);
  syncPath(dirname(file));
  renameSync(fresh, file);
  syncPath(dirname(file));
}

/** What a path leads to, to tell whether it was replaced; null where there is nothing. */
export function identityOf(file: string): string | null {
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    // What keeps it from being looked at keeps it from being opened, too: that says why.
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
