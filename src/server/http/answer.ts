import { messageOf } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { Conflict, Unavailable, type UnavailableReason, Unstorable } from '../store/errors.ts';
import { RequestProblem } from './problem.ts';

/** A response, and the note that the log shows after its status. */
export type Answered = { readonly response: Response; readonly note?: string };

/** Returns a response of JSON text that caches must not keep. */
export function json(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, {
    status,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      // A browser must not show a stored text as an HTML page.
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
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

/** The words of a refusal, without a stack trace, SQL or paths. */
export type Refusal = {
  readonly status: number;
  readonly message: string;
  /** For a client of the ingest API, if it is more than the message. */
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;
};

/** Returns the status, message and headers that a client gets for a thrown value. */
export function refusalOf(error: unknown): Refusal {
  const [status, message, headers = {}] = wordsOf(error);
  return { status, message, headers, detail: error instanceof RequestProblem ? error.detail : message };
}

function wordsOf(
  error: unknown,
): readonly [status: number, message: string, headers?: Readonly<Record<string, string>>] {
  if (error instanceof RequestProblem) return [error.status, error.message, error.headers];
  if (error instanceof Conflict) return [409, error.message];
  if (error instanceof Unstorable) return [400, error.message];
  if (error instanceof Unavailable) return unavailable[error.reason];
  return [500, 'Internal error'];
}

/** Returns the note for the log about a thrown value. */
export function noteOf(error: unknown): string {
  return printable(messageOf(error));
}

/** Refuses as the SAM API does. */
export function refuseAsSam(error: unknown): Answered {
  const { status, message, headers } = refusalOf(error);
  return { response: json(status, JSON.stringify({ error: message }), headers), note: noteOf(error) };
}

/** Refuses as the ingest API does. */
export function refuseAsIngest(error: unknown): Answered {
  const { status, detail, headers } = refusalOf(error);
  const answered = error instanceof Unstorable ? 422 : status;
  return { response: json(answered, JSON.stringify({ detail }), headers), note: noteOf(error) };
}
