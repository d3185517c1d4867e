import { messageOf } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { Conflict, Unavailable, type UnavailableReason, Unstorable } from '../store/errors.ts';
import { RequestProblem } from './problem.ts';

/** A response, and the note that the log has beside its status. */
export type Answered = { readonly response: Response; readonly note?: string };

/** Returns a response of JSON text that caches must not keep. */
export function json(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
  });
}

const unavailable: Readonly<
  Record<UnavailableReason, readonly [status: number, message: string, headers?: Readonly<Record<string, string>>]>
> = {
  full: [507, 'The disk of the receiver is full'],
  busy: [503, 'The database of the receiver is busy', { 'Retry-After': '5' }],
  unreachable: [503, 'The database of the receiver does not answer', { 'Retry-After': '5' }],
  replaced: [503, 'The database of the receiver was deleted or replaced'],
  failed: [503, 'The database of the receiver cannot be used'],
};

/**
 * Returns the response to whatever was thrown, without a stack trace, SQL or paths.
 * @param member the name that the API gives to its error messages: `error` in the SAM API, `detail` in the ingest API
 */
export function refusal(error: unknown, member: 'error' | 'detail'): Answered {
  const note = printable(messageOf(error));
  if (error instanceof RequestProblem) {
    const words = member === 'detail' ? error.detail : error.message;
    return { response: json(error.status, JSON.stringify({ [member]: words }), error.headers), note };
  }
  if (error instanceof Conflict) return { response: json(409, JSON.stringify({ [member]: error.message })), note };
  if (error instanceof Unstorable) {
    return { response: json(member === 'detail' ? 422 : 400, JSON.stringify({ [member]: error.message })), note };
  }
  if (error instanceof Unavailable) {
    const [status, message, headers] = unavailable[error.reason];
    return { response: json(status, JSON.stringify({ [member]: message }), headers), note };
  }
  return { response: json(500, JSON.stringify({ [member]: 'Internal error' })), note };
}
