import { jsonBody } from '../outbox/json-body.ts';
import type { Outbox } from '../outbox/outbox.ts';

/** How long the last good values of a system are repeated, in milliseconds. */
const repeatedFor = 15 * 60 * 1000;

/**
 * Returns the fields of a required probe from the last snapshot in which it did not fail; null if the last 15 minutes
 * have none. Skips rejected snapshots, because those fields can be the cause of the rejection.
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
    .map((entry) => jsonBody(outbox, entry))
    .find((fields) => fields !== null);
  if (!good) return null;
  return Object.fromEntries(fields.filter((name) => name in good).map((name) => [name, good[name]]));
}
