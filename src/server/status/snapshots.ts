import type { ShownName } from '../auth/caller.ts';
import { type Stored, storeOnce } from '../store/deliveries.ts';
import { Conflict } from '../store/errors.ts';
import type { Reader, Store } from '../store/port.ts';
import { insertSnapshot, newestSnapshot, snapshotsAt, storeAnswer } from '../store/snapshots.ts';
import { timestampOf } from '../timestamp.ts';
import { addToHistory } from './add-to-history.ts';
import type { StatusDelivery } from './delivery.ts';
import { withOrigins } from './origins.ts';
import { probesOf, readSnapshot, readStored } from './read-snapshot.ts';
import { storeReservations } from './reservations.ts';
import type { SeriesIds } from './samples.ts';
import type { BatchSnapshot } from './schemas.ts';

/** The members of an answer. */
type Members = Readonly<Record<string, unknown>>;

/** Returns a system's name as the SAM API writes it in its messages. */
export function labelOf(system: string): string {
  return system === 'jupyterhub' ? 'JupyterHub' : system.charAt(0).toUpperCase() + system.slice(1);
}

/**
 * Validates and stores a snapshot, and returns the SAM API's answer. A snapshot that is stored already is not stored
 * again: it gets its first answer.
 * @param collectionFailed the `X-Collection-Failed` header: the names of the failed probes, separated by commas
 * @throws RequestProblem 400
 * @throws Conflict if the system has another snapshot with this timestamp
 */
export function storeSnapshot(
  store: Store,
  system: string,
  collectionFailed: string | null,
  delivery: StatusDelivery,
): Promise<Stored> {
  return storeOnce(store, delivery, async (writer) => {
    const read = readSnapshot(system, delivery.value);
    const batch = read.kind === 'batch' ? read.snapshot : null;
    const given = read.snapshot.timestamp;
    const before = given === undefined ? null : await storedAnswer(writer, system, given, delivery.bytes);
    if (before !== null) return { answer: before, replayed: true };

    const receivedAt = timestampOf(delivery.receivedAt);
    const timestamp = given ?? receivedAt;
    const recorded = await addToHistory(writer, { system, timestamp, collectionFailed }, read);
    const id = await insertSnapshot(writer, {
      system,
      timestamp,
      receivedAt,
      receivedFrom: delivery.user,
      collectionFailed,
      body: delivery.bytes,
      inHistory: recorded.mark,
    });
    const answer = JSON.stringify({
      ...successOf(system, id, timestamp),
      ...(batch && {
        ...idsOfLists(system, batch, recorded.idOf),
        user_project_queue_ids: recorded.spanIds,
        ...(await storeReservations(writer, system, timestamp, receivedAt, batch.reservations ?? [])),
        ...definitionsApplied(batch),
      }),
    });
    await storeAnswer(writer, id, answer);
    return { answer, replayed: false, snapshot: { timestamp, collectionFailed } };
  });
}

function successOf(system: string, id: number, timestamp: string): Members {
  return { success: true, message: `${labelOf(system)} status ingested successfully`, status_id: id, timestamp };
}

async function storedAnswer(
  reader: Reader,
  system: string,
  timestamp: string,
  body: Uint8Array,
): Promise<string | null> {
  const stored = await snapshotsAt(reader, system, timestamp);
  if (stored.length === 0) return null;
  const same = stored.find((snapshot) => Buffer.compare(snapshot.body, body) === 0);
  if (same) return same.answer ?? JSON.stringify(successOf(system, same.id, timestamp));
  throw new Conflict(`${labelOf(system)} has another snapshot with the timestamp ${timestamp}`);
}

/**
 * Returns the snapshot with the greatest timestamp, null if the system has none: everything that was sent, defaults for
 * absent fields, and `status_id`, `timestamp`, `created_at`, `received_at` and `collection_failed`. The entries of its
 * lists have the members that the SAM API adds to them.
 */
export async function latestSnapshot(reader: Reader, system: string, shownName: ShownName): Promise<Members | null> {
  const stored = await newestSnapshot(reader, system);
  if (!stored) return null;
  const read = readStored(stored);
  return {
    ...(read.kind === 'hub' ? read.snapshot : await withOrigins(reader, stored, read.snapshot, shownName)),
    status_id: stored.id,
    timestamp: stored.timestamp,
    created_at: stored.receivedAt,
    received_at: stored.receivedAt,
    collection_failed: probesOf(stored.collectionFailed),
  };
}

/** Returns the members of an answer with the ids of the series to which the entries of the lists belong. */
function idsOfLists(system: string, snapshot: BatchSnapshot, idOf: SeriesIds): Members {
  const nodeTypes = (snapshot.node_types ?? []).map(({ node_type }) => idOf('node_type', node_type));
  return {
    login_node_ids: snapshot.login_nodes.map(({ node_name }) => idOf('login_node', node_name)),
    queue_ids: snapshot.queues.map(({ queue_name }) => idOf('queue', queue_name)),
    filesystem_ids: snapshot.filesystems.map(({ filesystem_name }) => idOf('filesystem', filesystem_name)),
    // The SAM API answers it for Casper only, even if it is empty.
    ...((system === 'casper' || nodeTypes.length > 0) && { node_type_ids: nodeTypes }),
  };
}

/** Counts the entries of the queue roster as the SAM API does, which skips entries without a name. */
function definitionsApplied(snapshot: BatchSnapshot): Members {
  const definitions = snapshot.queue_definitions ?? [];
  if (definitions.length === 0) return {};
  return { queue_definitions_applied: definitions.filter((definition) => definition.queue_name).length };
}
