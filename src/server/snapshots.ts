import type { Database } from 'bun:sqlite';
import type { Answer, StatusDelivery } from './deliveries.ts';
import { storeReservations } from './reservations.ts';
import { type Snapshot, snapshotSchema } from './schemas.ts';
import { storeSpans } from './spans.ts';
import { timestampOf } from './timestamp.ts';
import { validated } from './validate.ts';

/** A system's name as the SAM API writes it in its messages. */
export function labelOf(system: string): string {
  return system === 'jupyterhub' ? 'JupyterHub' : system.charAt(0).toUpperCase() + system.slice(1);
}

/**
 * Validates and stores a snapshot, and returns the SAM API's answer. Inside the caller's transaction.
 * @param collectionFailed the `X-Collection-Failed` header: which probes failed, by name, with commas
 * @throws RequestProblem 400
 */
export function storeSnapshot(
  database: Database,
  system: string,
  collectionFailed: string | null,
  delivery: StatusDelivery,
): Answer {
  const snapshot = validated(snapshotSchema(system, delivery.value), delivery.value);
  const receivedAt = timestampOf(delivery.receivedAt);
  const timestamp = snapshot.timestamp ?? receivedAt;
  const newestBefore = newestTimestamp(database, system);
  const { lastInsertRowid: id } = database
    .query(
      `INSERT INTO snapshots (system, timestamp, received_at, received_from, collection_failed, body)
       VALUES (?, ?, ?, ?, ?, ?)`,
    )
    .run(system, timestamp, receivedAt, delivery.user, collectionFailed, Bun.zstdCompressSync(delivery.bytes));
  const answer = {
    success: true,
    message: `${labelOf(system)} status ingested successfully`,
    status_id: Number(id),
    timestamp,
  };
  if (system === 'jupyterhub') return answer;
  const isNewest = newestBefore === null || timestamp >= newestBefore;
  return {
    ...answer,
    ...storeParts(database, Number(id), system, snapshot),
    // Late counters would turn the spans' time back.
    user_project_queue_ids: isNewest ? storeSpans(database, system, timestamp, snapshot.user_project_queues ?? []) : [],
    ...storeReservations(database, system, timestamp, receivedAt, snapshot.reservations ?? []),
    ...definitionsApplied(snapshot),
  };
}

/**
 * The newest snapshot by its own time, not by arrival: everything that was sent, with defaults where something was
 * left out, and `status_id`, `timestamp`, `received_at` and `collection_failed`. Null when there is none.
 */
export function latestSnapshot(database: Database, system: string): Answer | null {
  const row = database
    .query<
      { id: number; timestamp: string; received_at: string; collection_failed: string | null; body: Uint8Array },
      [string]
    >('SELECT * FROM snapshots WHERE system = ? ORDER BY timestamp DESC, id DESC LIMIT 1')
    .get(system);
  if (!row) return null;
  const sent = JSON.parse(new TextDecoder().decode(Bun.zstdDecompressSync(row.body)));
  // The SAM API lets a body set these; here they mean nothing.
  const { status_id: _id, outage_id: _outage, created_at: _created, ...rest } = sent;
  return {
    ...validated(snapshotSchema(system, rest), rest),
    status_id: row.id,
    timestamp: row.timestamp,
    received_at: row.received_at,
    collection_failed: (row.collection_failed ?? '')
      .split(',')
      .map((probe) => probe.trim())
      .filter((probe) => probe !== ''),
  };
}

function newestTimestamp(database: Database, system: string): string | null {
  const row = database
    .query<{ newest: string | null }, [string]>('SELECT max(timestamp) AS newest FROM snapshots WHERE system = ?')
    .get(system);
  return row?.newest ?? null;
}

function storeParts(database: Database, id: number, system: string, snapshot: Snapshot): Answer {
  const insert = database.query('INSERT INTO parts (snapshot_id, kind, name, data) VALUES (?, ?, ?, ?)');
  function storeAll<Part>(kind: string, parts: readonly Part[], nameOf: (part: Part) => string): number[] {
    return parts.map((part) => Number(insert.run(id, kind, nameOf(part), JSON.stringify(part)).lastInsertRowid));
  }
  return {
    login_node_ids: storeAll('login_node', snapshot.login_nodes ?? [], (node) => node.node_name),
    queue_ids: storeAll('queue', snapshot.queues ?? [], (queue) => queue.queue_name),
    filesystem_ids: storeAll('filesystem', snapshot.filesystems ?? [], (filesystem) => filesystem.filesystem_name),
    ...(system === 'casper' && {
      node_type_ids: storeAll('node_type', snapshot.node_types ?? [], (type) => type.node_type),
    }),
  };
}

/** The roster of queues is kept with the body; the SAM API skips entries without a name. */
function definitionsApplied(snapshot: Snapshot): Answer {
  const definitions = snapshot.queue_definitions ?? [];
  if (definitions.length === 0) return {};
  return { queue_definitions_applied: definitions.filter((definition) => definition.queue_name).length };
}
