import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';

/**
 * The origins in the variable `CORS_ORIGINS`: with commas between them.
 * @throws OperatorError for what is no origin; `*` would let every page that a user visits read
 */
export function originsIn(variable: string | undefined): ReadonlySet<string> {
  const origins = (variable ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  for (const origin of origins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw new OperatorError(
      `CORS_ORIGINS has '${printable(origin, 80)}', which is no origin: write SCHEME://HOST or SCHEME://HOST:PORT, such as https://dashboard.example.org`,
    );
  }
  return new Set(origins);
}

/**
 * Lets a page of one of the origins read an answer: adds to its headers. Posting is for agents, never for pages.
 * No `Access-Control-Allow-Credentials`: a browser sends no cookies or saved logins along.
 */
export function allowOrigin(response: Response, request: Request, origins: ReadonlySet<string>): void {
  if (origins.size === 0) return;
  // What is answered to one origin must not be shown to another by a cache.
  response.headers.append('Vary', 'Origin');
  const origin = request.headers.get('origin');
  if (origin === null || !origins.has(origin) || !['GET', 'OPTIONS'].includes(request.method)) return;
  response.headers.set('Access-Control-Allow-Origin', origin);
}

/** Whether a browser asks before a request what it may send (Fetch standard, "CORS-preflight request"). */
export function isPreflight(request: Request): boolean {
  return request.method === 'OPTIONS' && request.headers.has('access-control-request-method');
}

/** The answer to a preflight; it counts only with the header that `allowOrigin` adds. */
export function preflightAnswer(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Methods': 'GET',
      'Access-Control-Allow-Headers': 'Authorization, X-API-Key',
      'Access-Control-Max-Age': '600',
    },
  });
}
