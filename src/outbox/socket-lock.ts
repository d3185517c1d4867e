import { resolve } from 'node:path';
import { codeOf } from '../lib/sqlite.ts';

/**
 * Takes a lock without a file: the name of a Linux abstract socket (unix(7)), which the kernel frees with its process.
 * Returns null if another process of this host holds it. Used only if no lock file can be created, because any user of
 * the host could take the name.
 */
export function trySocketLock(file: string): { release(): void } | null {
  const name = new Bun.CryptoHasher('sha256').update(`${process.getuid?.()} ${resolve(file)}`).digest('hex');
  try {
    const socket = Bun.listen({ unix: `\0hpc-collector-${name}`, socket: { data() {} } });
    socket.unref();
    return { release: () => socket.stop(true) };
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') return null;
    // Sockets can be forbidden. A snapshot that is collected twice does less harm than one that is not collected.
    return { release() {} };
  }
}
