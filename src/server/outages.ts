import type { Database } from 'bun:sqlite';
import type { Answer, Delivery } from './deliveries.ts';
import { RequestProblem } from './problem.ts';
import { flagParameter } from './query.ts';
import { outageSchema, outageStatuses } from './schemas.ts';
import { timestampOf } from './timestamp.ts';
import { validated } from './validate.ts';

const required = ['system_name', 'title', 'severity'];

/**
 * Validates and stores an outage, always as a new one, and returns the SAM API's answer. Inside the caller's transaction.
 * @throws RequestProblem 400
 */
export function storeOutage(database: Database, delivery: Delivery): Answer {
  // The SAM API counts what is required but empty as missing.
  const given = Object.entries(delivery.value).filter(
    ([field, value]) => !(required.includes(field) && (value === '' || value === null)),
  );
  const outage = validated(outageSchema, Object.fromEntries(given));
  const receivedAt = timestampOf(delivery.receivedAt);
  const { lastInsertRowid: id } = database
    .query<null, (string | null | Uint8Array)[]>(
      `INSERT INTO outages (system_name, title, severity, status, component, description, start_time, end_time,
         estimated_resolution, created_at, received_from, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      outage.system_name,
      outage.title,
      outage.severity,
      outage.status,
      outage.component,
      outage.description,
      outage.start_time ?? receivedAt,
      outage.end_time,
      outage.estimated_resolution ?? null,
      receivedAt,
      delivery.user,
      Bun.zstdCompressSync(delivery.bytes),
    );
  return {
    success: true,
    message: 'Outage reported successfully',
    outage_id: Number(id),
    system_name: outage.system_name,
    severity: outage.severity,
  };
}

/**
 * The outages, newest first. Query: `system_name` (in any case, for the guide writes `Derecho` and the collectors
 * `derecho`), `status`, and `include_resolved` (default false; resolved is what says so or has ended). Who asks for
 * the status resolved gets it without the latter, as in the SAM API.
 * @throws RequestProblem 400 for a status or truth value that does not exist
 */
export function listOutages(database: Database, query: URLSearchParams, now: Date): readonly Answer[] {
  const status = query.get('status') || null;
  if (status !== null && !outageStatuses.some((known) => known === status)) {
    throw new RequestProblem(400, `status: must be one of ${outageStatuses.join(', ')}`);
  }
  const includeResolved = flagParameter(query, 'include_resolved', status === 'resolved');
  return database
    .query<Record<string, string | number | null>, [string | null, string | null, number, string]>(
      `SELECT id AS outage_id, system_name, title, severity, status, component, description, start_time, end_time,
         estimated_resolution, created_at FROM outages
       WHERE system_name = coalesce(?1, system_name) AND status = coalesce(?2, status)
         AND (?3 OR (status <> 'resolved' AND (end_time IS NULL OR end_time > ?4)))
       ORDER BY start_time DESC, id DESC`,
    )
    .all(query.get('system_name') || null, status, Number(includeResolved), timestampOf(now));
}
