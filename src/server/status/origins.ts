import type { ShownName } from '../auth/caller.ts';
import type { Reader } from '../store/port.ts';
import type { StoredSnapshot } from '../store/snapshots.ts';
import type { BatchSnapshot } from './schemas.ts';
import { spansAt } from './spans.ts';

const lists = ['login_nodes', 'queues', 'filesystems', 'node_types'] as const;

/**
 * Returns the newest snapshot of a system with the `timestamp`, `created_at` and `system_name` that the SAM API adds to
 * the entries of its lists. The `timestamp` of a user's row is when its counters last changed,
 * and its `username` what the client may see.
 */
export async function withOrigins(
  reader: Reader,
  { system, timestamp, receivedAt }: StoredSnapshot,
  snapshot: BatchSnapshot,
  shownName: ShownName,
): Promise<Readonly<Record<string, unknown>>> {
  const origin = { timestamp, created_at: receivedAt, system_name: system };
  const spanOf = await spansAt(reader, system, timestamp);
  const changed = lists.map((list) => [list, snapshot[list]?.map((entry) => ({ ...entry, ...origin }))] as const);
  return {
    ...snapshot,
    ...Object.fromEntries(changed.filter(([, entries]) => entries !== undefined)),
    user_project_queues: snapshot.user_project_queues.map((entry) => {
      const span = spanOf(entry);
      return {
        ...entry,
        username: shownName(entry.username),
        ...origin,
        ...(span && { timestamp: span.first, created_at: span.created_at }),
        last_seen: timestamp,
      };
    }),
  };
}
