import { z } from 'zod';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';

/** How long the last good values of a system are repeated, in milliseconds. */
const repeatedFor = 15 * 60 * 1000;

/**
 * The fields that a required probe gives, as the last snapshot had them in which that probe had not failed; null where there is
 * none of the last 15 minutes. A rejected snapshot may have been so for those very fields.
 */
export function lastKnownFields(
  outbox: Outbox,
  stream: string,
  probe: string,
  fields: readonly string[],
  now: Date,
): Record<string, unknown> | null {
  const good = outbox
    .since(stream, new Date(now.getTime() - repeatedFor))
    .filter((entry) => entry.collectedAt <= now && entry.state !== 'rejected' && !entry.failedProbes.includes(probe))
    .map((entry) => fieldsOf(outbox, entry))
    .find((fields) => fields !== null);
  if (!good) return null;
  return Object.fromEntries(fields.filter((name) => name in good).map((name) => [name, good[name]]));
}

/** Null for a body that is damaged: an old snapshot must not cost a new one. */
function fieldsOf(outbox: Outbox, entry: Entry): Record<string, unknown> | null {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(outbox.body(entry)));
  } catch {
    return null;
  }
}
