import type { Reader, Writer } from './port.ts';

/** What a collector sends: snapshots of a system, outages, or finished jobs of a cluster. */
export type CollectorStream = {
  readonly host: string;
  readonly kind: 'status' | 'outage' | 'jobs' | 'samples';
  /** The system or cluster; empty for outages, and if a refused request does not say it. */
  readonly name: string;
  readonly version: string;
  /** The pending entries of its destination; null if the collector does not know. */
  readonly waiting: number | null;
};

/** A stream with its last delivery and refusal. Times are canonical text (timestamp.ts). */
export type CollectorStreamRow = CollectorStream & {
  readonly requested_at: string;
  readonly delivered_at: string | null;
  /** The timestamp of its newest snapshot, when that was received, and its failed probes, separated by commas. */
  readonly snapshot_at: string | null;
  readonly snapshot_received_at: string | null;
  readonly collection_failed: string | null;
  readonly refused_at: string | null;
  readonly refused_status: number | null;
  readonly refused_because: string | null;
};

/** The snapshot of a delivery. */
export type DeliveredSnapshot = { readonly timestamp: string; readonly collectionFailed: string | null };

/** Notes a delivery of a collector. `snapshot` is null if it has none. */
export async function noteDelivery(
  writer: Writer,
  stream: CollectorStream,
  at: string,
  snapshot: DeliveredSnapshot | null,
): Promise<void> {
  // A late snapshot, or none, does not change what is known of the newest one.
  const isNewer = "excluded.snapshot_at > coalesce(collector_streams.snapshot_at, '')";
  const ofNewer = (column: string) =>
    `${column} = CASE WHEN ${isNewer} THEN excluded.${column} ELSE collector_streams.${column} END`;
  await writer.run(
    `INSERT INTO collector_streams (host, kind, name, version, waiting, requested_at, delivered_at, snapshot_at,
       snapshot_received_at, collection_failed)
     VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)
     ON CONFLICT (host, kind, name) DO UPDATE SET version = excluded.version, waiting = excluded.waiting,
       requested_at = excluded.requested_at, delivered_at = excluded.delivered_at,
       ${ofNewer('collection_failed')}, ${ofNewer('snapshot_received_at')}, ${ofNewer('snapshot_at')}`,
    stream.host,
    stream.kind,
    stream.name,
    stream.version,
    stream.waiting,
    at,
    snapshot?.timestamp ?? null,
    snapshot === null ? null : at,
    snapshot?.collectionFailed ?? null,
  );
}

/** Notes a refused request of a collector: its HTTP status, and why. */
export async function noteRefusal(
  writer: Writer,
  stream: CollectorStream,
  at: string,
  status: number,
  because: string,
): Promise<void> {
  await writer.run(
    `INSERT INTO collector_streams (host, kind, name, version, waiting, requested_at, refused_at, refused_status,
       refused_because)
     VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)
     ON CONFLICT (host, kind, name) DO UPDATE SET version = excluded.version, waiting = excluded.waiting,
       requested_at = excluded.requested_at, refused_at = excluded.refused_at,
       refused_status = excluded.refused_status, refused_because = excluded.refused_because`,
    stream.host,
    stream.kind,
    stream.name,
    stream.version,
    stream.waiting,
    at,
    status,
    because,
  );
}

/** Deletes the streams without a request since a time. */
export async function deleteSilentStreams(writer: Writer, since: string): Promise<void> {
  await writer.run('DELETE FROM collector_streams WHERE requested_at < $1', since);
}

/** Returns all streams, by host, kind and name. */
export function collectorStreams(reader: Reader): Promise<CollectorStreamRow[]> {
  return reader.all<CollectorStreamRow>(
    `SELECT host, kind, name, version, waiting, requested_at, delivered_at, snapshot_at, snapshot_received_at,
       collection_failed, refused_at, refused_status, refused_because
     FROM collector_streams ORDER BY host, kind, name`,
  );
}
