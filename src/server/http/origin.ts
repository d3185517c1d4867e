import type { Client } from './client.ts';
import { RequestProblem } from './problem.ts';

/** The methods that change nothing (RFC 9110 §9.2.1). */
const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** True if a request may change something. */
export function isWrite({ method }: Request): boolean {
  return !safeMethods.includes(method);
}

/**
 * Refuses a write that a page of another site sends with the browser's cookie or saved login. Browsers send `Origin`
 * with every write (Fetch standard, "append a request Origin header"); programs do not.
 * @throws RequestProblem 403
 */
export function requireOwnOrigin(request: Request, { origin }: Client): void {
  const given = request.headers.get('origin');
  if (!isWrite(request) || given === null || given === origin) return;
  throw new RequestProblem(
    403,
    `Pages of another origin may not write here: the origin of the receiver is ${origin}. A proxy must pass on Host and set X-Forwarded-Proto`,
  );
}
