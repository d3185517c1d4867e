import { patience } from '../lib/hanging.ts';
import { codeOf } from '../lib/sqlite.ts';
import { socketName } from '../outbox/socket-lock.ts';
import { socketNamesOfOthers } from '../outbox/socket-owners.ts';

/**
 * Returns the name of the socket of an earlier run on the same outbox that hangs; null if there is none. A run that
 * waits for a file cannot answer on its socket. Until this process ends, it answers the later runs in the same way.
 * Without this, each run would stop at the same file, for example on a frozen filesystem, and they would pile up.
 */
export async function hangingRun(outbox: string): Promise<string | null> {
  const name = socketName(`${outbox}.run`);
  try {
    const socket = Bun.listen({
      unix: `\0${name}`,
      socket: { open: (client) => void client.end('running'), data() {} },
    });
    socket.unref();
    return null;
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE' || socketNamesOfOthers(name).includes(name)) return null;
    return (await isAnswering(name)) ? null : name;
  }
}

/** False if the process of a socket does not answer within `patience`. */
async function isAnswering(name: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // A process that ends meanwhile closes the connection: it does not hang either.
  const answers = () => resolve(true);
  const connected = Bun.connect({ unix: `\0${name}`, socket: { data: answers, close: answers, error: answers } });
  const timer = setTimeout(() => resolve(false), patience * 1000);
  connected.catch(answers);
  const isAlive = await promise;
  clearTimeout(timer);
  void connected.then(
    (socket) => socket.end(),
    () => undefined,
  );
  return isAlive;
}
