import { spyOn } from 'bun:test';

/** Runs work for which this process seems to run as a user without processes: the sockets here are of another one. */
export function asOtherUser<T>(work: () => T): T {
  const user = spyOn(process, 'getuid').mockReturnValue(3_000_000_000 + process.pid);
  try {
    return work();
  } finally {
    user.mockRestore();
  }
}

/** Takes the name of an abstract socket until it is disposed of. */
export function listenOn(name: string): Disposable {
  const socket = Bun.listen({ unix: `\0${name}`, socket: { data() {} } });
  return { [Symbol.dispose]: () => socket.stop(true) };
}
