import { type ResourceKind, resourceKinds } from '../status/conditions.ts';
import { gone } from '../status/resource-states.ts';
import { type SystemState, staleSeconds, systemStates } from '../status/state.ts';
import type { ResourceRow } from '../store/resources.ts';
import { laterBy } from '../timestamp.ts';

/** Resources are listed for this time after they were last seen. */
const listedSeconds = 30 * 86_400;

/** A resource with its newest status, without what outages say about it. */
export type KnownResource = ResourceRow & {
  readonly kind: ResourceKind;
  readonly status: SystemState;
  /** True if its system sent no snapshot for 10 minutes: the status is unknown, and `at` is when that time was over. */
  readonly isSilent: boolean;
  /** False if it was last seen long ago. */
  readonly isListed: boolean;
};

/** Returns the status that is stored as a word; unknown for a resource that is gone. */
export function statusIn(word: string): SystemState {
  return systemStates.find((status) => status === word) ?? 'unknown';
}

/** Returns a stored resource with its status at a time. */
export function knownResource(row: ResourceRow, now: string): KnownResource {
  const kind = resourceKinds.find((word) => word === row.kind) ?? 'system';
  const silentSince = laterBy(row.newest ?? row.at, staleSeconds);
  const isGone = row.status === gone;
  const lastSeen = isGone ? row.at : (row.newest ?? row.at);
  const isListed = laterBy(lastSeen, listedSeconds) > now;
  const status = statusIn(row.status);
  const isSilent = !isGone && status !== 'unknown' && silentSince < now;
  return isSilent
    ? { ...row, kind, isListed, isSilent, status: 'unknown', at: silentSince }
    : { ...row, kind, isListed, isSilent, status };
}
