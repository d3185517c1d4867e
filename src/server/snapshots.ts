import type { Database } from 'bun:sqlite';
import type { Answer, StatusDelivery, Stored } from './deliveries.ts';
import { nestedRows } from './nested.ts';
import { RequestProblem } from './problem.ts';
import { storeReservations } from './reservations.ts';
import { type BatchSnapshot, snapshotSchema } from './schemas.ts';
import { storeSpans } from './spans.ts';
import { timestampOf } from './timestamp.ts';
import { validated } from './validate.ts';

/** Returns a system's name as the SAM API writes it in its messages. */
export function labelOf(system: string): string {
  return system === 'jupyterhub' ? 'JupyterHub' : system.charAt(0).toUpperCase() + system.slice(1);
}

/**
 * Validates and stores a snapshot, and returns the SAM API's answer. A snapshot that is stored already is not stored
 * again: it gets its first answer. Call it inside a transaction.
 * @param collectionFailed the `X-Collection-Failed` header: the names of the failed probes, separated by commas
 * @throws RequestProblem 400, or 409 if the system has another snapshot with this timestamp
 */
export function storeSnapshot(
  database: Database,
  system: string,
  collectionFailed: string | null,
  delivery: StatusDelivery,
): Stored {
  const { kind, schema } = snapshotSchema(system, delivery.value);
  const sent = kind === 'hub' ? validated(schema, delivery.value) : null;
  const batch = kind === 'batch' ? validated(schema, delivery.value) : null;
  const receivedAt = timestampOf(delivery.receivedAt);
  const given = (sent ?? batch)?.timestamp;
  const stored = given === undefined ? null : storedAnswer(database, system, given, delivery.bytes);
  if (stored !== null) return { answer: stored, replayed: true };

  const timestamp = given ?? receivedAt;
  const newestBefore = newestTimestamp(database, system);
  const inserted = database
    .query(
      `INSERT INTO snapshots (system, timestamp, received_at, received_from, collection_failed, body)
       VALUES (?, ?, ?, ?, ?, ?)`,
    )
    .run(system, timestamp, receivedAt, delivery.user, collectionFailed, Bun.zstdCompressSync(delivery.bytes));
  const id = Number(inserted.lastInsertRowid);
  const isNewest = newestBefore === null || timestamp >= newestBefore;
  const answer = JSON.stringify({
    ...successOf(system, id, timestamp),
    ...(batch && {
      ...storeParts(database, id, system, batch),
      // The counters of a late snapshot would move the end of the spans back.
      user_project_queue_ids: isNewest ? storeSpans(database, system, timestamp, batch.user_project_queues) : [],
      ...storeReservations(database, system, timestamp, receivedAt, batch.reservations ?? []),
      ...definitionsApplied(batch),
    }),
  });
  database.query('UPDATE snapshots SET answer = ? WHERE id = ?').run(answer, id);
  return { answer, replayed: false };
}

function successOf(system: string, id: number, timestamp: string) {
  return { success: true, message: `${labelOf(system)} status ingested successfully`, status_id: id, timestamp };
}

type SnapshotRow = {
  id: number;
  timestamp: string;
  received_at: string;
  collection_failed: string | null;
  body: Uint8Array;
  answer: string | null;
};

function storedAnswer(database: Database, system: string, timestamp: string, bytes: Uint8Array): string | null {
  const rows = database
    .query<SnapshotRow, [string, string]>('SELECT * FROM snapshots WHERE system = ? AND timestamp = ?')
    .all(system, timestamp);
  if (rows.length === 0) return null;
  const same = rows.find((row) => Buffer.compare(Bun.zstdDecompressSync(row.body), bytes) === 0);
  if (same) return same.answer ?? JSON.stringify(successOf(system, same.id, timestamp));
  throw new RequestProblem(409, `${labelOf(system)} has another snapshot with the timestamp ${timestamp}`);
}

/**
 * Returns the snapshot with the greatest timestamp, null if the system has none: everything that was sent, defaults for
 * absent fields, and `status_id`, `timestamp`, `created_at`, `received_at` and `collection_failed`. The entries of its
 * lists have the `timestamp`, `created_at` and `system_name` that the SAM API adds to them.
 */
export function latestSnapshot(database: Database, system: string): Answer | null {
  const row = database
    .query<SnapshotRow, [string]>('SELECT * FROM snapshots WHERE system = ? ORDER BY timestamp DESC, id DESC LIMIT 1')
    .get(system);
  if (!row) return null;
  const body = JSON.parse(new TextDecoder().decode(Bun.zstdDecompressSync(row.body)));
  // The SAM API lets a body set these members. The receiver ignores them.
  const { status_id: _id, outage_id: _outage, created_at: _created, timestamp: _timestamp, ...rest } = body;
  const { kind, schema } = snapshotSchema(system, rest);
  return {
    ...(kind === 'hub' ? validated(schema, rest) : nestedRows(database, system, row, validated(schema, rest))),
    status_id: row.id,
    timestamp: row.timestamp,
    created_at: row.received_at,
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

function storeParts(database: Database, id: number, system: string, snapshot: BatchSnapshot): Answer {
  const insert = database.query('INSERT INTO parts (snapshot_id, kind, name, data) VALUES (?, ?, ?, ?)');
  function storeAll<Part>(kind: string, parts: readonly Part[], nameOf: (part: Part) => string): number[] {
    return parts.map((part) => Number(insert.run(id, kind, nameOf(part), JSON.stringify(part)).lastInsertRowid));
  }
  const nodeTypes = storeAll('node_type', snapshot.node_types ?? [], (type) => type.node_type);
  return {
    login_node_ids: storeAll('login_node', snapshot.login_nodes, (node) => node.node_name),
    queue_ids: storeAll('queue', snapshot.queues, (queue) => queue.queue_name),
    filesystem_ids: storeAll('filesystem', snapshot.filesystems, (filesystem) => filesystem.filesystem_name),
    // The SAM API answers it for Casper only, even if it is empty.
    ...((system === 'casper' || nodeTypes.length > 0) && { node_type_ids: nodeTypes }),
  };
}

/** Counts the entries of the queue roster as the SAM API does, which skips entries without a name. */
function definitionsApplied(snapshot: BatchSnapshot): Answer {
  const definitions = snapshot.queue_definitions ?? [];
  if (definitions.length === 0) return {};
  return { queue_definitions_applied: definitions.filter((definition) => definition.queue_name).length };
}
