import { resolve } from 'node:path';
import { codeOf } from '../lib/sqlite.ts';
import { socketNamesOfOthers } from './socket-owners.ts';

/**
 * Takes a lock without a file: the name of a Linux abstract socket (unix(7)), which the kernel frees with its process.
 * Returns null if another process of this user holds it. Any user of the host can take the name: then `warn` gets the
 * problem, and the caller goes on without a lock, because a snapshot that is collected twice does less harm than none.
 */
export function trySocketLock(file: string, warn: (problem: string) => void): { release(): void } | null {
  const name = socketName(file);
  try {
    const socket = Bun.listen({ unix: `\0${name}`, socket: { data() {} } });
    socket.unref();
    return { release: () => socket.stop(true) };
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') {
      if (!socketNamesOfOthers(name).includes(name)) return null;
      warn(`${problemWith(name)}; ${file} cannot be written either, so this command goes on without a lock`);
    }
    // Sockets can be forbidden: then there is no lock either.
    return { release() {} };
  }
}

/** Returns the name of the abstract socket that belongs to a file. */
export function socketName(file: string): string {
  const hash = new Bun.CryptoHasher('sha256').update(resolve(file)).digest('hex');
  return `${namePrefix()}${hash}`;
}

/**
 * Returns which socket of another user has a name that our locks use, and how to find its process; null if none has.
 */
export function socketLockProblem(): string | null {
  const [name] = socketNamesOfOthers(namePrefix());
  return name === undefined ? null : problemWith(name);
}

function problemWith(name: string): string {
  return `another user has taken the socket name @${name}, which serves as a lock if no lock file can be written: as root, find its process with: ss -xap | grep ${name}`;
}

function namePrefix(): string {
  return `hpc-collector-${process.getuid?.()}-`;
}
