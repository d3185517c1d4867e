import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './files.ts';
import { needsThat } from './needs.ts';
import { run } from './run.ts';

/** A filesystem of its own, for tests that fill it up or take away the right to write. */
export type Disk = {
  /** Where it is mounted. */
  readonly path: string;
  /** Leaves so many bytes free, none by default; more each time it is called in vain. */
  fill(leave?: number): void;
  /** Takes the filling out again. */
  free(): void;
  setReadOnly(isReadOnly: boolean): void;
  remove(): void;
};

/** `onDisk('name', …)` is a test that needs the right to mount; it is skipped by name without it. */
export const onDisk = needsThat(canMount(), 'the right to mount a tmpfs');

export function mountDisk(kibibytes: number): Disk {
  const temporary = temporaryDirectory();
  const path = join(temporary.path, 'disk');
  mkdirSync(path, { mode: 0o755 });
  must(['mount', '-t', 'tmpfs', '-o', `size=${kibibytes}k,mode=755`, 'test', path]);
  const ballast = join(path, 'ballast');
  return {
    path,
    fill(leave = 0) {
      const { bavail, bsize } = statfsSync(path);
      const descriptor = openSync(ballast, 'a');
      try {
        const block = new Uint8Array(bsize);
        for (let blocks = bavail - Math.floor(leave / bsize); blocks > 0; blocks--) writeSync(descriptor, block);
      } finally {
        closeSync(descriptor);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    setReadOnly: (isReadOnly) => must(['mount', '-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, path]),
    remove() {
      run(['umount', '--lazy', path]);
      temporary.remove();
    },
  };
}

function canMount(): boolean {
  try {
    mountDisk(64).remove();
    return true;
  } catch {
    return false;
  }
}

function must(argv: string[]): void {
  const { exit, stderr } = run(argv);
  if (exit !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
}
