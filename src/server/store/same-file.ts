import { statSync } from 'node:fs';
import { Unavailable } from './errors.ts';

/** SQLite keeps these files open while a connection in WAL mode is open, and does not make them again. */
const suffixes = ['', '-wal', '-shm'];

/**
 * Remembers which files an open database has now. Returns a function that throws `Unavailable` if one of them was
 * deleted or replaced since: SQLite does not notice it, and what it writes afterwards is lost.
 */
export function watchFiles(path: string): () => void {
  const files = suffixes.map((suffix) => ({ file: `${path}${suffix}`, identity: identityOf(`${path}${suffix}`) }));
  return () => {
    const changed = files.find(({ file, identity }) => identityOf(file) !== identity);
    if (!changed) return;
    throw new Unavailable(
      'replaced',
      `${changed.file} was deleted or replaced while the receiver has it open: nothing is stored; restart the receiver`,
    );
  };
}

/** The number of an inode is not used again while the file is open. */
function identityOf(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.dev}:${stat.ino}` : null;
}
