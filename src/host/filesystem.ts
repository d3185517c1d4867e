import type { FilesystemRecord } from '../lib/records.ts';

/** Asks df(1) of GNU coreutils for one mount: bytes and inodes, each mount a command of its own, so that a hung one costs only itself. */
export function filesystemCommand(path: string): readonly [string, ...string[]] {
  return ['df', '--block-size=1', '--output=size,used,itotal,iused,target', '--', path];
}

/**
 * Reads `filesystemCommand`'s output; a string says what is wrong. Where nothing is mounted on the path, df shows the
 * filesystem that the empty directory lies on: the root filesystem, for any path but `/`, means that the mount is missing.
 */
export function parseFilesystem(text: string, path: string): FilesystemRecord | string {
  const fields = text.trim().split('\n')[1]?.trim().split(/\s+/);
  const [size, used, inodes, inodesUsed, ...target] = fields ?? [];
  if (!isCount(size) || !isCount(used) || size === '0') return 'df printed no sizes';
  if (target.join(' ') === '/' && path !== '/') return 'is not mounted';
  const countsInodes = isCount(inodes) && isCount(inodesUsed) && inodes !== '0';
  return {
    sizeBytes: Number(size),
    usedBytes: Number(used),
    inodes: countsInodes ? Number(inodes) : null,
    inodesUsed: countsInodes ? Number(inodesUsed) : null,
  };
}

function isCount(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,20}$/.test(text);
}
