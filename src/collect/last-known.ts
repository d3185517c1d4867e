import type { System } from '../config/system.ts';
import { jsonBody } from '../outbox/json-body.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { type RequiredProbe, zeroFields } from '../snapshot/payload.ts';

/** How long the last good values of a system are repeated, in milliseconds. */
const repeatedFor = 15 * 60 * 1000;

/**
 * The fields of a required probe as the last snapshot had them in which that probe had not failed; null where there is
 * none of the last 15 minutes. A rejected snapshot may have been so for those very fields.
 */
export function lastKnownFields(
  outbox: Outbox,
  stream: string,
  probe: RequiredProbe,
  system: System,
  now: Date,
): Record<string, unknown> | null {
  const good = outbox
    .since(stream, new Date(now.getTime() - repeatedFor))
    .filter((entry) => entry.collectedAt <= now && entry.state !== 'rejected' && !entry.failedProbes.includes(probe))
    .map((entry) => jsonBody(outbox, entry))
    .find((fields) => fields !== null);
  if (!good) return null;
  const names = Object.keys(zeroFields(probe, system)).filter((name) => name in good);
  return Object.fromEntries(names.map((name) => [name, good[name]]));
}
