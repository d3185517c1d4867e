import type { SoftwareRuleSettings } from '../../config/software-rules.ts';
import { messageOf } from '../../lib/errors.ts';
import { RequestProblem } from '../http/problem.ts';
import { Conflict, Unavailable, type UnavailableReason, Unstorable } from '../store/errors.ts';
import type { Location } from '../store/open.ts';
import type { UsageTask } from './tasks.ts';

/** A message to the thread: first the database and the rules for software, then tasks. */
export type ToThread =
  | { readonly kind: 'open'; readonly location: Location; readonly rules: SoftwareRuleSettings }
  | { readonly kind: 'task'; readonly id: number; readonly task: UsageTask };

/** A message from the thread: an answer as JSON, or the reason why there is none. */
export type FromThread =
  | { readonly id: number; readonly text: string }
  | { readonly id: number; readonly failure: TaskFailure };

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
export function failureOf(error: unknown): TaskFailure {
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
