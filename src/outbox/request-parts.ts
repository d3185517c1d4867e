import { z } from 'zod';
import { printable } from '../lib/text.ts';

/**
 * The path of an entry, which follows the destination's address: it must not lead to another host or to another part of
 * the API. Segments of letters, digits and `._~%-`; no `..`, plain or encoded, and no encoded slash.
 */
export const entryPath = z
  .string()
  .max(500)
  .regex(/^(\/[\w.~%-]+)+$/, 'must be a path below the address')
  .refine((path) => !/%(2f|5c|00)|\/(\.|%2e){1,2}(\/|$)/i.test(path), 'must be a path below the address');

/** The name of a destination. It begins with a letter, so `__proto__` is not one. */
export const destinationName = z.string().regex(/^[a-z][\w.-]{0,99}$/i, 'must be a name');

/** Returns why an entry must not be sent, because its row can be damaged or forged; null if it may be sent. */
export function problemOfRequest({ method, path }: { readonly method: string; readonly path: string }): string | null {
  if (method !== 'POST') return `its method '${printable(method, 40)}' is not POST`;
  return entryPath.safeParse(path).success ? null : `its path '${printable(path, 100)}' leads away from the API`;
}
