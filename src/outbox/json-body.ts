import { z } from 'zod';
import type { Entry } from './entry.ts';
import type { Outbox } from './outbox.ts';

/** The members of an entry's body; null for one that is damaged or no JSON object: an old entry must not cost a new one. */
export function jsonBody(outbox: Outbox, entry: Entry): Record<string, unknown> | null {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(outbox.body(entry)));
  } catch {
    return null;
  }
}
