import type { FilesystemRecord } from '../lib/records.ts';

/**
 * Returns the command that asks df(1) of GNU coreutils for the bytes and inodes of one mount. Each mount has its own
 * command, so that a hung mount does not block the others.
 */
export function filesystemCommand(path: string): readonly [string, ...string[]] {
  return ['df', '--block-size=1', '--output=size,used,itotal,iused,target', '--', path];
}

/** Messages of df for a mount whose server or device does not answer: strerror(3) in the C locale. */
const noAnswer =
  /: (?:Input\/output error|Remote I\/O error|Stale (?:NFS )?file handle|Transport endpoint is not connected|Cannot send after transport endpoint shutdown|Communication error on send|Connection (?:timed out|refused|reset by peer)|Software caused connection abort|Host is down|No route to host|Network is (?:down|unreachable)|No such device(?: or address)?|Structure needs cleaning)$/m;

/** True if the message of a failed df means that the mount does not answer. False for errors in our command. */
export function saysNoAnswer(stderr: string): boolean {
  return noAnswer.test(stderr);
}

/** True if the message of a failed df means that the path does not exist. */
export function saysNoPath(stderr: string): boolean {
  return /: (?:No such file or directory|Not a directory)$/m.test(stderr);
}

/**
 * Parses the output of `filesystemCommand`. Returns `not mounted` if df shows the root filesystem for another path: if
 * nothing is mounted, df shows the filesystem of the empty directory. Returns null if the output has no sizes.
 */
export function parseFilesystem(text: string, path: string): FilesystemRecord | 'not mounted' | null {
  const fields = text.trim().split('\n')[1]?.trim().split(/\s+/);
  const [size, used, inodes, inodesUsed, ...target] = fields ?? [];
  if (!isCount(size) || !isCount(used) || size === '0') return null;
  if (target.join(' ') === '/' && path !== '/') return 'not mounted';
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
