import { messageOf } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { RequestProblem } from './problem.ts';

/** An answer, and what the log says of it beside the status. */
export type Answered = { readonly response: Response; readonly note?: string };

/** An answer that is JSON text, and kept by nobody. */
export function json(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
  });
}

/**
 * The answer to whatever was thrown, never a stack trace or SQL.
 * @param member what the API calls its refusals: `error` in the SAM API, `detail` in the ingest API
 */
export function refusal(error: unknown, member: 'error' | 'detail'): Answered {
  if (error instanceof RequestProblem) {
    const words = member === 'detail' ? error.detail : error.message;
    const response = json(error.status, JSON.stringify({ [member]: words }), error.headers);
    return { response, note: printable(error.message) };
  }
  return { response: json(500, JSON.stringify({ [member]: 'Internal error' })), note: printable(messageOf(error)) };
}
