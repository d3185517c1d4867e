import { type Answered, noteOf, refusalOf } from '../http/answer.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import type { IriProblem } from './schemas.ts';
import { serverOf } from './uris.ts';

/** Thrown for parameters with a value that is not allowed. */
export class InvalidParameters extends RequestProblem {
  readonly parameters: readonly { readonly name: string; readonly reason: string }[];

  constructor(parameters: readonly { readonly name: string; readonly reason: string }[]) {
    super(400, parameters.map(({ reason }) => reason).join(', '));
    this.name = 'InvalidParameters';
    this.parameters = parameters;
  }
}

/** The last part of the type, and the title, of each status. The reference server has the same. */
const kinds: Readonly<Record<number, readonly [slug: string, title: string]>> = {
  400: ['invalid-parameter', 'Invalid parameter'],
  404: ['not-found', 'Not Found'],
  405: ['method-not-allowed', 'Method Not Allowed'],
  500: ['internal-error', 'Internal Server Error'],
};

/** Refuses with problem details (RFC 9457). */
export function refuseAsIri(error: unknown, { url, client }: Pick<Call, 'url' | 'client'>): Answered {
  const { status, message, headers } = refusalOf(error);
  const [slug, title] = kinds[status] ?? ['generic-error', 'Error'];
  const problem: IriProblem = {
    type: `${client.origin}/problems/${slug}`,
    title,
    status,
    detail: status === 500 ? 'An unexpected error occurred.' : message,
    instance: `${serverOf(client)}${url.pathname}${url.search}`,
    ...(error instanceof InvalidParameters && { invalid_params: [...error.parameters] }),
  };
  const response = new Response(JSON.stringify(problem), {
    status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...headers },
  });
  return { response, note: noteOf(error) };
}
