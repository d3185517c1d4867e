import type { Writer } from './port.ts';

/** So many rows are deleted in some milliseconds, after which other transactions have their turn. */
const sliceRows = 500;

/**
 * Deletes some snapshots of a system before a timestamp, the oldest first. The newest of the system stays, and so do those
 * that are not yet in the history.
 */
export function deleteSnapshots(writer: Writer, system: string, before: string): Promise<number> {
  return writer.run(
    `DELETE FROM snapshots WHERE id IN (
       SELECT id FROM snapshots WHERE system = $1 AND timestamp < $2 AND in_history <> 0
         AND timestamp < (SELECT max(timestamp) FROM snapshots WHERE system = $1)
       ORDER BY timestamp LIMIT ${sliceRows})`,
    system,
    before,
  );
}

/** Deletes some samples of a system before a time in milliseconds. */
export function deleteSamples(writer: Writer, system: string, before: number): Promise<number> {
  return writer.run(
    `DELETE FROM samples WHERE (series_id, at) IN (
       SELECT m.series_id, m.at FROM series s JOIN samples m ON m.series_id = s.id
       WHERE s.system = $1 AND m.at < $2 LIMIT ${sliceRows})`,
    system,
    before,
  );
}

/** Deletes some roll-ups of a system before a time in milliseconds. `length` is that of a period. */
export function deleteRollups(writer: Writer, system: string, length: number, before: number): Promise<number> {
  return writer.run(
    `DELETE FROM rollups WHERE (series_id, length, at) IN (
       SELECT r.series_id, r.length, r.at FROM series s JOIN rollups r ON r.series_id = s.id
       WHERE s.system = $1 AND r.length = $2 AND r.at < $3 LIMIT ${sliceRows})`,
    system,
    length,
    before,
  );
}

/** Deletes the sums of users of the oldest period before a time in milliseconds. */
export function deleteUserSums(writer: Writer, system: string, length: number, before: number): Promise<number> {
  return writer.run(
    `DELETE FROM user_sums WHERE system = $1 AND length = $2 AND at < $3
       AND at = (SELECT min(at) FROM user_sums WHERE system = $1 AND length = $2)`,
    system,
    length,
    before,
  );
}

/** Deletes some spans of a system that ended before a timestamp, the oldest first. */
export function deleteSpans(writer: Writer, system: string, kind: string, before: string): Promise<number> {
  return writer.run(
    `DELETE FROM spans WHERE id IN (
       SELECT id FROM spans WHERE system = $1 AND kind = $2 AND last_seen < $3 ORDER BY last_seen LIMIT ${sliceRows})`,
    system,
    kind,
    before,
  );
}

/** Deletes some changes of status of a system before a timestamp. The last one before it stays: its status still holds. */
export function deleteStates(writer: Writer, system: string, before: string): Promise<number> {
  return writer.run(
    `DELETE FROM resource_states WHERE (resource, at) IN (
       SELECT s.resource, s.at FROM resources r JOIN resource_states s ON s.resource = r.resource
       WHERE r.system = $1
         AND s.at < (SELECT max(l.at) FROM resource_states l WHERE l.resource = s.resource AND l.at < $2)
       LIMIT ${sliceRows})`,
    system,
    before,
  );
}

/** Deletes what is stored of the past of the reservations of a system that no snapshot reported since a timestamp. */
export function deleteReservationChanges(writer: Writer, system: string, before: string): Promise<number> {
  return writer.run(
    `DELETE FROM reservation_changes WHERE (system, name, at) IN (
       SELECT c.system, c.name, c.at FROM reservations r JOIN reservation_changes c ON c.system = r.system AND c.name = r.name
       WHERE r.system = $1 AND r.reported_at < $2 LIMIT ${sliceRows})`,
    system,
    before,
  );
}

/** Deletes some answers for retries of requests that were received before a timestamp, the oldest first. */
export function deleteDeliveries(writer: Writer, before: string): Promise<number> {
  return writer.run(
    `DELETE FROM deliveries WHERE key IN (
       SELECT key FROM deliveries WHERE received_at < $1 ORDER BY received_at LIMIT ${sliceRows})`,
    before,
  );
}
