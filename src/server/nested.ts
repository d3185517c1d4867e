import type { Database } from 'bun:sqlite';
import type { BatchSnapshot } from './schemas.ts';
import { spansAt } from './spans.ts';

const lists = ['login_nodes', 'queues', 'filesystems', 'node_types'] as const;

/**
 * Returns a stored snapshot with the members that the SAM API adds to the entries of its lists. The `timestamp` of a
 * user's row is when its counters last changed.
 */
export function nestedRows(
  database: Database,
  system: string,
  stored: { readonly timestamp: string; readonly received_at: string },
  snapshot: BatchSnapshot,
): Readonly<Record<string, unknown>> {
  const origin = { timestamp: stored.timestamp, created_at: stored.received_at, system_name: system };
  const spanOf = spansAt(database, system, stored.timestamp);
  const withOrigin = lists.map((list) => [list, snapshot[list]?.map((entry) => ({ ...entry, ...origin }))] as const);
  return {
    ...snapshot,
    ...Object.fromEntries(withOrigin.filter(([, entries]) => entries !== undefined)),
    user_project_queues: snapshot.user_project_queues.map((entry) => {
      const span = spanOf(entry);
      return {
        ...entry,
        ...origin,
        ...(span && { timestamp: span.first_seen, created_at: span.created_at }),
        last_seen: stored.timestamp,
      };
    }),
  };
}
