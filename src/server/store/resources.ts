import type { Reader, Target, Writer } from './port.ts';

/** A resource that has a status. Its id is unique in the receiver. */
export type Resource = {
  readonly resource: string;
  readonly system: string;
  /** A word of `resourceKinds` (status/conditions.ts). */
  readonly kind: string;
  readonly name: string;
  /** The timestamp of the first snapshot that has it. */
  readonly first_seen: string;
};

/** A change of status. Times are canonical text (timestamp.ts). */
export type StateRow = { readonly resource: string; readonly at: string; readonly status: string };

/** A resource with its last change, and the newest timestamp of its system's snapshots (null if all were deleted). */
export type ResourceRow = Resource & StateRow & { readonly newest: string | null };

const resources: Target = {
  table: 'resources',
  columns: ['resource', 'system', 'kind', 'name', 'first_seen'],
  key: ['resource'],
};
const states: Target = { table: 'resource_states', columns: ['resource', 'at', 'status'], key: ['resource', 'at'] };

/** Stores resources. One with the id of a stored resource replaces it. */
export async function storeResources(writer: Writer, rows: readonly Resource[]): Promise<void> {
  const values = rows.map((row) => [row.resource, row.system, row.kind, row.name, row.first_seen]);
  await writer.insertMany(resources, values);
}

/** Stores changes of status. */
export async function storeStates(writer: Writer, rows: readonly StateRow[]): Promise<void> {
  const values = rows.map((row) => [row.resource, row.at, row.status]);
  await writer.insertMany(states, values);
}

/** Deletes a change of status. */
export async function deleteState(writer: Writer, resource: string, at: string): Promise<void> {
  await writer.run('DELETE FROM resource_states WHERE resource = $1 AND at = $2', resource, at);
}

/** Returns every resource of a system, with its status at a time: null if it had none yet. */
export function statesAt(
  reader: Reader,
  system: string,
  at: string,
): Promise<{ readonly resource: string; readonly status: string | null }[]> {
  return reader.all(
    `SELECT r.resource, (SELECT s.status FROM resource_states s WHERE s.resource = r.resource AND s.at <= $2
       ORDER BY s.at DESC LIMIT 1) AS status
     FROM resources r WHERE r.system = $1`,
    system,
    at,
  );
}

/** Returns the changes of a system's resources after a time, up to another one. */
export function statesBetween(reader: Reader, system: string, after: string, until: string): Promise<StateRow[]> {
  return reader.all<StateRow>(
    `SELECT s.resource, s.at, s.status FROM resources r JOIN resource_states s ON s.resource = r.resource
     WHERE r.system = $1 AND s.at > $2 AND s.at <= $3`,
    system,
    after,
    until,
  );
}

/**
 * Returns the timestamps of the snapshots of a system before and after a time, null without one. Snapshots that are not
 * in the history yet do not count, because their changes are not stored.
 */
export async function neighboursOf(
  reader: Reader,
  system: string,
  timestamp: string,
): Promise<{ readonly before: string | null; readonly after: string | null }> {
  const found = await reader.get<{ before: string | null; after: string | null }>(
    `SELECT (SELECT max(timestamp) FROM snapshots WHERE system = $1 AND timestamp < $2 AND in_history = 1) AS before,
       (SELECT min(timestamp) FROM snapshots WHERE system = $1 AND timestamp > $2 AND in_history = 1) AS after`,
    system,
    timestamp,
  );
  return found ?? { before: null, after: null };
}

/** Returns all resources, each with its last change, in the order of their ids. */
export function listResources(reader: Reader): Promise<ResourceRow[]> {
  return reader.all<ResourceRow>(
    `SELECT r.resource, r.system, r.kind, r.name, r.first_seen, s.at, s.status,
       (SELECT max(n.timestamp) FROM snapshots n WHERE n.system = r.system) AS newest
     FROM resources r JOIN resource_states s ON s.resource = r.resource
     WHERE s.at = (SELECT max(l.at) FROM resource_states l WHERE l.resource = r.resource)
     ORDER BY r.resource`,
  );
}

/** Which changes are listed; null means all. */
export type StateFilter = {
  readonly resource: string | null;
  readonly from: string | null;
  /** The first time after the last one. */
  readonly before: string | null;
};

/**
 * Returns a slice of the changes, newest first.
 * @param last the last change of the slice before; null for the first slice
 */
export function listStates(
  reader: Reader,
  { resource, from, before }: StateFilter,
  last: Pick<StateRow, 'resource' | 'at'> | null,
  limit: number,
): Promise<StateRow[]> {
  return reader.all<StateRow>(
    `SELECT resource, at, status FROM resource_states
     WHERE resource = coalesce($1, resource) AND at >= $2 AND at < $3 AND (at, resource) < ($4, $5)
     ORDER BY at DESC, resource DESC LIMIT $6`,
    resource,
    from ?? '',
    before ?? '~',
    last?.at ?? '~',
    last?.resource ?? '~',
    limit,
  );
}

/** Returns the status of a resource at a time, null if it had none yet. */
export async function stateAt(reader: Reader, resource: string, at: string): Promise<string | null> {
  const row = await reader.get<{ status: string }>(
    'SELECT status FROM resource_states WHERE resource = $1 AND at <= $2 ORDER BY at DESC LIMIT 1',
    resource,
    at,
  );
  return row?.status ?? null;
}
