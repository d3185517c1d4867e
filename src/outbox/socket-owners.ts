import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/**
 * Returns the names of abstract sockets that start with `prefix` and that no process of this user has open. The kernel
 * lists names and inodes, but not users (proc(5), /proc/net/unix), and only our own processes show their descriptors.
 */
export function socketNamesOfOthers(prefix: string): string[] {
  const inodesByName = Map.groupBy(
    read(() => readFileSync('/proc/net/unix', 'utf8'), '')
      .split('\n')
      .map((line) => /^(?:\S+ +){6}(?<inode>\d+) @(?<name>\S+)$/.exec(line)?.groups)
      // A connection that its process has not accepted yet has the name of the socket, and inode 0.
      .filter((groups) => groups?.name?.startsWith(prefix) && groups.inode !== '0'),
    (groups) => groups?.name ?? '',
  );
  if (inodesByName.size === 0) return [];
  const ours = ownSockets();
  // A name can contain a line break, so another user can forge lines. The line of the real holder is always there too.
  return [...inodesByName]
    .filter(([, lines]) => lines.some((groups) => !ours.has(`socket:[${groups?.inode}]`)))
    .map(([name]) => name);
}

/** Returns the sockets that processes of this user have open: `socket:[INODE]`. */
function ownSockets(): Set<string> {
  const user = process.getuid?.();
  const processes = readdirSync('/proc').filter(
    (entry) => /^\d+$/.test(entry) && read(() => statSync(`/proc/${entry}`).uid === user, false),
  );
  return new Set(processes.flatMap(openFiles).filter((target) => target.startsWith('socket:')));
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
