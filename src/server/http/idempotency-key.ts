import { RequestProblem } from './problem.ts';

/**
 * Returns the `Idempotency-Key` of a request, null without one.
 * @throws RequestProblem 400 if it is empty, too long or not visible ASCII
 */
export function idempotencyKey(headers: Headers): string | null {
  const key = headers.get('idempotency-key');
  if (key === null || /^[\u0021-\u007e]{1,255}$/.test(key)) return key;
  throw new RequestProblem(400, 'Idempotency-Key must have 1 to 255 visible ASCII characters');
}
