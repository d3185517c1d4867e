import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';

/**
 * Returns the origins in the variable `CORS_ORIGINS`, which commas separate.
 * @throws OperatorError for a text that is not an origin, and for `*`, which would let every page that a user visits read
 */
export function originsIn(variable: string | undefined): ReadonlySet<string> {
  const origins = (variable ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  for (const origin of origins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw new OperatorError(
      `CORS_ORIGINS has '${printable(origin, 80)}', which is not an origin: write SCHEME://HOST or SCHEME://HOST:PORT, such as https://dashboard.example.org`,
    );
  }
  return new Set(origins);
}

/**
 * Adds the headers that let a page of one of the origins read a response. With them a browser also sends its cookies
 * and saved logins, as the page of slurm-usage-history wants. The routes of such an API must only read, with POST too.
 */
export function allowOrigin(response: Response, request: Request, origins: ReadonlySet<string>): void {
  if (origins.size === 0) return;
  // A cache must not show the response for one origin to another.
  response.headers.append('Vary', 'Origin');
  if (!isAllowedOrigin(request, origins)) return;
  response.headers.set('Access-Control-Allow-Origin', request.headers.get('origin') ?? '');
  response.headers.set('Access-Control-Allow-Credentials', 'true');
}

/** Returns true for a request of a page of one of the origins. */
export function isAllowedOrigin(request: Request, origins: ReadonlySet<string>): boolean {
  const origin = request.headers.get('origin');
  return origin !== null && origins.has(origin);
}

/** Returns true for the request by which a browser asks what it may send (Fetch standard, "CORS-preflight request"). */
export function isPreflight(request: Request): boolean {
  return request.method === 'OPTIONS' && request.headers.has('access-control-request-method');
}

/** Returns the response to a preflight. It is valid only with the header that `allowOrigin` adds. */
export function preflightAnswer(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Methods': 'GET, POST',
      'Access-Control-Allow-Headers': 'Authorization, Content-Type, X-API-Key',
      'Access-Control-Max-Age': '600',
    },
  });
}
