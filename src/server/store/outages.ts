import type { Reader, Writer } from './port.ts';
import { inserted } from './snapshots.ts';

/** A report of an outage. Times are canonical text (timestamp.ts). */
export type OutageReport = {
  readonly system: string;
  readonly title: string;
  readonly severity: string;
  readonly status: string;
  readonly component: string | null;
  readonly description: string | null;
  /** Null if the report does not say it: then the stored start, or the time of receipt. */
  readonly start: string | null;
  readonly end: string | null;
  readonly estimatedResolution: string | null;
  /** The client's name for the outage. */
  readonly key: string | null;
  /** When the client made the report; null means the time of receipt. */
  readonly reportedAt: string | null;
  readonly receivedAt: string;
  readonly receivedFrom: string;
  readonly body: Uint8Array;
};

/** An outage as the SAM API lists it. */
export type StoredOutageRow = {
  readonly outage_id: number;
  readonly system_name: string;
  readonly title: string;
  readonly severity: string;
  readonly status: string;
  readonly component: string | null;
  readonly description: string | null;
  readonly start_time: string;
  readonly end_time: string | null;
  readonly estimated_resolution: string | null;
  readonly created_at: string;
  readonly updated_at: string | null;
};

/** Which outages are listed. */
export type StoredOutageFilter = {
  /** In any case; null for all systems. */
  readonly system: string | null;
  readonly status: string | null;
  readonly includeResolved: boolean;
  /** An outage whose end is not after this time is resolved. */
  readonly now: string;
};

/**
 * Stores a report as a new outage, or changes the outage with its key unless a newer report was stored. Returns the id
 * of the outage.
 */
export async function storeReport(writer: Writer, report: OutageReport): Promise<number> {
  const row = await writer.get<{ id: number }>(
    `INSERT INTO outages (system_name, title, severity, status, component, description, start_time, end_time,
       estimated_resolution, created_at, received_from, body, outage_key, reported_at, first_end_time)
     VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, $10), $8, $9, $10, $11, $12, $13, coalesce($14, $10),
       coalesce($8, $9))
     ON CONFLICT (outage_key) DO UPDATE SET
       first_end_time = coalesce(outages.first_end_time, excluded.first_end_time),
       system_name = excluded.system_name, title = excluded.title, severity = excluded.severity,
       status = excluded.status, component = excluded.component, description = excluded.description,
       start_time = coalesce($7, outages.start_time), end_time = excluded.end_time,
       estimated_resolution = excluded.estimated_resolution, received_from = excluded.received_from,
       body = excluded.body, reported_at = excluded.reported_at, updated_at = excluded.created_at
     WHERE excluded.reported_at >= outages.reported_at
     RETURNING id`,
    report.system,
    report.title,
    report.severity,
    report.status,
    report.component,
    report.description,
    report.start,
    report.end,
    report.estimatedResolution,
    report.receivedAt,
    report.receivedFrom,
    Bun.zstdCompressSync(report.body),
    report.key,
    report.reportedAt,
  );
  // A late report changes no row, so the statement returns none.
  return inserted(
    row ?? (await writer.get<{ id: number }>('SELECT id FROM outages WHERE outage_key = $1', report.key)),
  );
}

const columns = `id AS outage_id, system_name, title, severity, status, component, description, start_time, end_time,
  estimated_resolution, created_at, updated_at`;

/** Returns an outage, null if there is none with that id. */
export function outageById(reader: Reader, id: number): Promise<StoredOutageRow | null> {
  return reader.get<StoredOutageRow>(`SELECT ${columns} FROM outages WHERE id = $1`, id);
}

/** Returns the outage to which the client gave a name, null if there is none. */
export function outageByKey(reader: Reader, key: string): Promise<StoredOutageRow | null> {
  return reader.get<StoredOutageRow>(`SELECT ${columns} FROM outages WHERE outage_key = $1`, key);
}

/** The fields of an outage that a person may change. */
export type OutageChange = Pick<
  StoredOutageRow,
  'title' | 'severity' | 'status' | 'component' | 'description' | 'end_time' | 'estimated_resolution'
>;

/** Changes an outage. Reports that were made before `now` and arrive later do not undo it. */
export async function changeOutage(writer: Writer, id: number, change: OutageChange, now: string): Promise<void> {
  await writer.run(
    `UPDATE outages SET title = $2, severity = $3, status = $4, component = $5, description = $6, end_time = $7,
       estimated_resolution = $8, first_end_time = coalesce(first_end_time, $7, $8), updated_at = $9, reported_at = $9
     WHERE id = $1`,
    id,
    change.title,
    change.severity,
    change.status,
    change.component,
    change.description,
    change.end_time,
    change.estimated_resolution,
    now,
  );
}

/** Deletes an outage with its updates. Returns false if there is none with that id. */
export async function deleteOutage(writer: Writer, id: number): Promise<boolean> {
  return (await writer.run('DELETE FROM outages WHERE id = $1', id)) > 0;
}

/** An outage with the first end that was reported for it, null without one. */
export type HistoricOutage = StoredOutageRow & { readonly first_end_time: string | null };

/** Returns every outage. */
export function allOutages(reader: Reader): Promise<HistoricOutage[]> {
  return reader.all<HistoricOutage>(`SELECT ${columns}, first_end_time FROM outages`);
}

/** Returns the outages, newest start first. */
export function listOutages(reader: Reader, filter: StoredOutageFilter): Promise<StoredOutageRow[]> {
  return reader.all<StoredOutageRow>(
    `SELECT ${columns} FROM outages
     WHERE lower(system_name) = lower(coalesce($1, system_name)) AND status = coalesce($2, status)
       AND ($3 = 1 OR (status <> 'resolved' AND (end_time IS NULL OR end_time > $4)))
     ORDER BY start_time DESC, id DESC`,
    filter.system,
    filter.status,
    Number(filter.includeResolved),
    filter.now,
  );
}
