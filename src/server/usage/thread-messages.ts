import { messageOf } from '../../lib/errors.ts';
import { RequestProblem } from '../http/problem.ts';
import { Conflict, Unavailable, type UnavailableReason, Unstorable } from '../store/errors.ts';

/** A message to a thread. The answer has the same id; a message without an answer has none. */
export type ToThread<Message> = { readonly id: number | null; readonly message: Message };

/** A message from a thread: an answer, or the reason why there is none. */
export type FromThread<Answer> =
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly failure: TaskFailure };

/** Returns what a thread sends back for a message: the result of `work`, or the error that it throws. */
export async function answerFrom<Answer>(id: number, work: () => Promise<Answer>): Promise<FromThread<Answer>> {
  try {
    return { id, answer: await work() };
  } catch (error) {
    return { id, failure: failureOf(error) };
  }
}

/** An error that passes between threads, which lose the class of an error. */
export type TaskFailure = {
  readonly kind: 'problem' | 'unavailable' | 'conflict' | 'unstorable' | 'other';
  readonly message: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly detail?: unknown;
  readonly reason?: UnavailableReason;
};

/** Returns an error in the form that passes between threads. */
function failureOf(error: unknown): TaskFailure {
  const message = messageOf(error);
  if (error instanceof RequestProblem) {
    return { kind: 'problem', message, status: error.status, headers: error.headers, detail: error.detail };
  }
  if (error instanceof Unavailable) return { kind: 'unavailable', message, reason: error.reason };
  if (error instanceof Conflict) return { kind: 'conflict', message };
  return { kind: error instanceof Unstorable ? 'unstorable' : 'other', message };
}

/** Returns the error that `failureOf` got. */
export function errorOf({ kind, message, status = 500, headers, detail, reason = 'failed' }: TaskFailure): Error {
  switch (kind) {
    case 'problem':
      return new RequestProblem(status, message, headers, detail);
    case 'unavailable':
      return new Unavailable(reason, message);
    case 'conflict':
      return new Conflict(message);
    case 'unstorable':
      return new Unstorable();
    case 'other':
      return new Error(message);
  }
}
