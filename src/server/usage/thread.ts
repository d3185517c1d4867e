import type { SoftwareRuleSettings } from '../../config/software-rules.ts';
import { Unavailable } from '../store/errors.ts';
import type { Location } from '../store/open.ts';
import { startThread } from './start-thread.ts';
import type { UsageMessage, UsageTask } from './tasks.ts';
import { createThreadClient, ThreadEnded } from './thread-client.ts';

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
  const thread = createThreadClient<UsageMessage, string>('usage', start, { kind: 'open', location, rules });

  async function askOnce(task: UsageTask): Promise<string> {
    const late = setTimeout(() => thread.end(`no answer within ${answerMs / 1000} s`), answerMs);
    try {
      return await thread.ask({ kind: 'task', task });
    } finally {
      clearTimeout(late);
    }
  }

  return {
    async ask(task) {
      if (thread.waiting() >= maxWaiting) {
        throw new Unavailable('busy', `${maxWaiting} questions about usage wait already`);
      }
      return await askOnce(task).catch((error: unknown) => {
        if (error instanceof ThreadEnded) return askOnce(task);
        throw error;
      });
    },
    close: thread.close,
  };
}
