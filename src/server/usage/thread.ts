import type { SoftwareRuleSettings } from '../../config/software-rules.ts';
import { Unavailable } from '../store/errors.ts';
import type { Location } from '../store/open.ts';
import { startThread } from './start-thread.ts';
import type { UsageTask } from './tasks.ts';
import { errorOf, type FromThread, type ToThread } from './thread-messages.ts';

/** Answers tasks in a thread of its own. */
export type UsageThread = {
  /**
   * Returns the answer as JSON text. If the thread ends meanwhile, it is started again and asked once more.
   * @throws RequestProblem if the question is wrong
   * @throws Unavailable if the database cannot be used, or if the thread cannot answer
   */
  ask(task: UsageTask): Promise<string>;
  close(): void;
};

/** Longer than any answer takes on a busy host. */
const answerMs = 60_000;
/** More tasks than this would wait longer than a client does. */
const maxWaiting = 64;

class ThreadEnded extends Error {}

type Waiting = { readonly resolve: (text: string) => void; readonly reject: (error: Error) => void };

/**
 * Returns the client of the thread, which is started by the first question.
 * @param rules map the programs of sampled jobs to software
 * @param start starts the thread
 */
export function createUsageThread(
  location: Location,
  rules: SoftwareRuleSettings,
  start: () => Worker = () => startThread('worker'),
): UsageThread {
  let worker: Worker | null = null;
  let nextId = 0;
  let isClosed = false;
  const waiting = new Map<number, Waiting>();

  function end(reason: string): void {
    worker?.terminate();
    worker = null;
    const all = [...waiting.values()];
    waiting.clear();
    for (const { reject } of all) reject(new ThreadEnded(reason));
  }

  function started(): Worker {
    if (worker !== null) return worker;
    const made = start();
    const endThis = (reason: string) => {
      if (worker === made) end(reason);
    };
    made.addEventListener('message', ({ data }: MessageEvent<FromThread>) => {
      const caller = waiting.get(data.id);
      waiting.delete(data.id);
      if ('text' in data) caller?.resolve(data.text);
      else caller?.reject(errorOf(data.failure));
    });
    // A thread whose file is missing reports it here and nowhere else.
    made.addEventListener('error', ({ message }) => endThis(message));
    made.addEventListener('close', () => endThis('it ended'));
    made.postMessage({ kind: 'open', location, rules } satisfies ToThread);
    worker = made;
    return made;
  }

  async function askOnce(task: UsageTask): Promise<string> {
    const id = nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    waiting.set(id, { resolve, reject });
    const late = setTimeout(() => end(`no answer within ${answerMs / 1000} s`), answerMs);
    try {
      started().postMessage({ kind: 'task', id, task } satisfies ToThread);
      return await promise;
    } finally {
      clearTimeout(late);
      waiting.delete(id);
    }
  }

  return {
    async ask(task) {
      if (waiting.size >= maxWaiting) throw new Unavailable('busy', `${maxWaiting} questions about usage wait already`);
      for (let attempt = 1; ; attempt++) {
        try {
          return await askOnce(task);
        } catch (error) {
          if (!(error instanceof ThreadEnded)) throw error;
          if (attempt === 2 || isClosed) throw new Unavailable('busy', `the usage thread has ended: ${error.message}`);
        }
      }
    },
    close() {
      isClosed = true;
      end('the receiver stops');
    },
  };
}
