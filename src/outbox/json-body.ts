import { z } from 'zod';
import type { Entry } from './entry.ts';
import type { Outbox } from './outbox.ts';

/**
 * Returns the members of an entry's body; null if it is damaged or not a JSON object, because an old entry must not
 * affect a new one.
 */
export function jsonBody(outbox: Outbox, entry: Entry): Record<string, unknown> | null {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(outbox.body(entry)));
  } catch {
    return null;
  }
}
