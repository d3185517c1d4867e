import { messageOf } from '../../lib/errors.ts';
import { RequestProblem } from '../http/problem.ts';
import { Unavailable, type UnavailableReason } from '../store/errors.ts';
import type { Location } from '../store/open.ts';
import type { UsageTask } from './tasks.ts';

/** A message to the thread: first the database, then tasks. */
export type ToThread =
  | { readonly kind: 'open'; readonly location: Location }
  | { readonly kind: 'task'; readonly id: number; readonly task: UsageTask };

/** A message from the thread: an answer as JSON, or the reason why there is none. */
export type FromThread =
  | { readonly id: number; readonly text: string }
  | { readonly id: number; readonly failure: TaskFailure };

/** An error that passes between threads, which lose the class of an error. */
export type TaskFailure = {
  readonly message: string;
  readonly status?: number;
  readonly detail?: unknown;
  readonly reason?: UnavailableReason;
};

/** Returns an error in the form that passes between threads. */
export function failureOf(error: unknown): TaskFailure {
  const message = messageOf(error);
  if (error instanceof RequestProblem) return { message, status: error.status, detail: error.detail };
  return error instanceof Unavailable ? { message, reason: error.reason } : { message };
}

/** Returns the error that `failureOf` got. */
export function errorOf({ message, status, detail, reason }: TaskFailure): Error {
  if (status !== undefined) return new RequestProblem(status, message, {}, detail);
  return reason === undefined ? new Error(message) : new Unavailable(reason, message);
}
