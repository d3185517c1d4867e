import { Unavailable } from '../store/errors.ts';
import { errorOf, type FromThread, type ToThread } from './thread-messages.ts';

/** Sends messages to a thread of this process and returns its answers. */
export type ThreadClient<Message, Answer> = {
  /** Returns the number of messages that have no answer yet. */
  waiting(): number;
  /**
   * Returns the answer to a message. Starts the thread if it does not run.
   * @param transfer memory in the message that passes to the thread without a copy
   * @throws ThreadEnded if the thread ends meanwhile, and what the thread throws
   */
  ask(message: Message, transfer?: readonly ArrayBuffer[]): Promise<Answer>;
  /** Sends a message that has no answer, if the thread runs. */
  tell(message: Message): void;
  /** Ends the thread. The next message starts it again. */
  end(reason: string): void;
  /** Ends the thread and does not start it again. */
  close(): void;
};

/** Thrown if a thread ended before it answered. */
export class ThreadEnded extends Unavailable {}

type Waiting<Answer> = { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void };

/**
 * Returns the client of a thread, which is started by the first message.
 * @param name the name of the thread in errors
 * @param opening the first message to the thread, which has no answer
 */
export function createThreadClient<Message, Answer>(
  name: string,
  start: () => Worker,
  opening: Message,
): ThreadClient<Message, Answer> {
  let worker: Worker | null = null;
  let nextId = 0;
  let isClosed = false;
  const waiting = new Map<number, Waiting<Answer>>();

  function end(reason: string): void {
    worker?.terminate();
    worker = null;
    const all = [...waiting.values()];
    waiting.clear();
    for (const { reject } of all) reject(ended(reason));
  }

  function ended(reason: string): ThreadEnded {
    return new ThreadEnded('busy', `the ${name} thread has ended: ${reason}`);
  }

  function started(): Worker {
    if (isClosed) throw ended('the receiver stops');
    if (worker !== null) return worker;
    const made = start();
    const endThis = (reason: string) => {
      if (worker === made) end(reason);
    };
    made.addEventListener('message', ({ data }: MessageEvent<FromThread<Answer>>) => {
      const caller = waiting.get(data.id);
      waiting.delete(data.id);
      if ('failure' in data) caller?.reject(errorOf(data.failure));
      else caller?.resolve(data.answer);
    });
    // A thread whose file is missing reports it here and nowhere else.
    made.addEventListener('error', ({ message }) => endThis(message));
    made.addEventListener('close', () => endThis('it ended'));
    worker = made;
    send(made, null, opening);
    return made;
  }

  function send(to: Worker, id: number | null, message: Message, transfer: readonly ArrayBuffer[] = []): void {
    to.postMessage({ id, message } satisfies ToThread<Message>, [...transfer]);
  }

  return {
    waiting: () => waiting.size,
    async ask(message, transfer) {
      const to = started();
      const id = nextId++;
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      waiting.set(id, { resolve, reject });
      send(to, id, message, transfer);
      return promise;
    },
    tell(message) {
      if (worker !== null) send(worker, null, message);
    },
    end,
    close() {
      isClosed = true;
      end('the receiver stops');
    },
  };
}
