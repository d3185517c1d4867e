import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/**
 * Returns the names of abstract sockets that start with `prefix` and that no process of this user has open. The kernel
 * lists names and inodes, but not users (proc(5), /proc/net/unix), and only our own processes show their descriptors.
 */
export function socketNamesOfOthers(prefix: string): string[] {
  const listed = listedSockets(prefix);
  if (listed.length === 0) return [];
  const ours = ownFiles();
  // A name can contain a line break, so another user can forge lines. The line of the real holder is always there too.
  const foreign = listed.filter(({ inode }) => !ours.has(`socket:[${inode}]`));
  if (foreign.length === 0) return [];
  // A process of this user may have closed its socket after the list was read. Then it is not in the list any more.
  const open = new Set(listedSockets(prefix).map(({ inode }) => inode));
  return [...new Set(foreign.filter(({ inode }) => open.has(inode)).map(({ name }) => name))];
}

function listedSockets(prefix: string): { readonly inode: string; readonly name: string }[] {
  return read(() => readFileSync('/proc/net/unix', 'utf8'), '')
    .split('\n')
    .flatMap((line) => {
      const [, inode, name] = /^(?:\S+ +){6}(\d+) @(\S+)$/.exec(line) ?? [];
      // A connection that its process has not accepted yet has the name of the socket, and inode 0.
      return inode !== undefined && inode !== '0' && name?.startsWith(prefix) ? [{ inode, name }] : [];
    });
}

/** Returns the files that processes of this user have open; a socket is `socket:[INODE]`. */
function ownFiles(): Set<string> {
  const user = process.getuid?.();
  const processes = readdirSync('/proc').filter(
    (entry) => /^\d+$/.test(entry) && read(() => statSync(`/proc/${entry}`).uid === user, false),
  );
  return new Set(processes.flatMap(openFiles));
}

function openFiles(id: string): string[] {
  const directory = `/proc/${id}/fd`;
  return read(() => readdirSync(directory), []).map((name) => read(() => readlinkSync(`${directory}/${name}`), ''));
}

/** Returns `missing` if a read fails: a process can end while its files are read. */
function read<T>(reading: () => T, missing: T): T {
  try {
    return reading();
  } catch {
    return missing;
  }
}
