import type { Database } from 'bun:sqlite';
import { outageStatuses } from '../lib/outage-words.ts';
import type { Answer, StatusDelivery, Stored } from './deliveries.ts';
import { RequestProblem } from './problem.ts';
import { flagParameter } from './query.ts';
import { type Outage, outageSchema } from './schemas.ts';
import { timestampOf } from './timestamp.ts';
import { validated } from './validate.ts';

const required = ['system_name', 'title', 'severity'];

/**
 * Validates and stores an outage, and returns the SAM API's answer. A report with a known `outage_key` changes the row
 * of that outage, and the answer repeats the key; the SAM API makes a new row. Call it inside a transaction.
 * @throws RequestProblem 400
 */
export function storeOutage(database: Database, delivery: StatusDelivery): Stored {
  // The SAM API counts a required but empty field as missing.
  const given = Object.entries(delivery.value).filter(
    ([field, value]) => !(required.includes(field) && (value === '' || value === null)),
  );
  const outage = validated(outageSchema, Object.fromEntries(given));
  const key = outage.outage_key ?? null;
  const answer = JSON.stringify({
    success: true,
    message: 'Outage reported successfully',
    outage_id: store(database, delivery, outage),
    system_name: outage.system_name,
    severity: outage.severity,
    ...(key === null ? {} : { outage_key: key }),
  });
  return { answer, replayed: false };
}

/** Returns the row's id. */
function store(database: Database, delivery: StatusDelivery, outage: Outage): number {
  const key = outage.outage_key ?? null;
  const receivedAt = timestampOf(delivery.receivedAt);
  // A late report, older than the newest one of the outage, must not open it again.
  database
    .query<null, (string | null | Uint8Array)[]>(
      `INSERT INTO outages (system_name, title, severity, status, component, description, start_time, end_time,
         estimated_resolution, created_at, received_from, body, outage_key, reported_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce(?7, ?10), ?8, ?9, ?10, ?11, ?12, ?13, coalesce(?14, ?10))
       ON CONFLICT (outage_key) DO UPDATE SET
         system_name = excluded.system_name, title = excluded.title, severity = excluded.severity,
         status = excluded.status, component = excluded.component, description = excluded.description,
         start_time = coalesce(?7, start_time), end_time = excluded.end_time,
         estimated_resolution = excluded.estimated_resolution, received_from = excluded.received_from,
         body = excluded.body, reported_at = excluded.reported_at, updated_at = ?10
       WHERE excluded.reported_at >= outages.reported_at`,
    )
    .run(
      outage.system_name,
      outage.title,
      outage.severity,
      outage.status,
      outage.component,
      outage.description,
      outage.start_time ?? null,
      outage.end_time,
      outage.estimated_resolution ?? null,
      receivedAt,
      delivery.user,
      Bun.zstdCompressSync(delivery.bytes),
      key,
      outage.outage_reported_at ?? null,
    );
  const row =
    key === null
      ? database.query<{ id: number }, []>('SELECT last_insert_rowid() AS id').get()
      : database.query<{ id: number }, [string]>('SELECT id FROM outages WHERE outage_key = ?').get(key);
  return row?.id ?? 0;
}

/**
 * Returns the outages, newest first. Query parameters: `system_name` in any case, because the guide writes `Derecho` and
 * the collectors write `derecho`; `status`; `include_resolved` (default: false, or true with `status=resolved`, as in the
 * SAM API). An outage is resolved if its status says so or its end has passed.
 * @throws RequestProblem 400 for an unknown status or truth value
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
         estimated_resolution, created_at, updated_at FROM outages
       WHERE system_name = coalesce(?1, system_name) AND status = coalesce(?2, status)
         AND (?3 OR (status <> 'resolved' AND (end_time IS NULL OR end_time > ?4)))
       ORDER BY start_time DESC, id DESC`,
    )
    .all(query.get('system_name') || null, status, Number(includeResolved), timestampOf(now));
}
