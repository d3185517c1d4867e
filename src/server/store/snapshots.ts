import type { Reader, Writer } from './port.ts';

/** A snapshot as it was received. Times are canonical text (timestamp.ts). */
export type ReceivedSnapshot = {
  readonly system: string;
  readonly timestamp: string;
  readonly receivedAt: string;
  /** The user who sent it. */
  readonly receivedFrom: string;
  /** The names of the failed probes, separated by commas; null if none failed. */
  readonly collectionFailed: string | null;
  /** The body, byte for byte. */
  readonly body: Uint8Array;
  readonly inHistory: HistoryMark;
};

/** 0 before the snapshot is added to the history, 1 after it, and 2 if it was left out. */
export type HistoryMark = 0 | 1 | 2;

/** A stored snapshot. `answer` is null if a version that did not store answers stored it. */
export type StoredSnapshot = Omit<ReceivedSnapshot, 'receivedFrom' | 'inHistory'> & {
  readonly id: number;
  readonly answer: string | null;
};

type Row = {
  id: number;
  system: string;
  timestamp: string;
  received_at: string;
  collection_failed: string | null;
  body: Uint8Array;
  answer: string | null;
};

const columns = 'id, system, timestamp, received_at, collection_failed, body, answer';

/** Stores a snapshot and returns its id. */
export async function insertSnapshot(writer: Writer, snapshot: ReceivedSnapshot): Promise<number> {
  return inserted(
    await writer.get<{ id: number }>(
      `INSERT INTO snapshots (system, timestamp, received_at, received_from, collection_failed, body, in_history)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
      snapshot.system,
      snapshot.timestamp,
      snapshot.receivedAt,
      snapshot.receivedFrom,
      snapshot.collectionFailed,
      Bun.zstdCompressSync(snapshot.body),
      snapshot.inHistory,
    ),
  );
}

/** Stores the answer to the POST of a snapshot. */
export async function storeAnswer(writer: Writer, id: number, answer: string): Promise<void> {
  await writer.run('UPDATE snapshots SET answer = $1 WHERE id = $2', answer, id);
}

/** Returns the snapshots of a system with a timestamp. Versions that did not store answers stored several. */
export async function snapshotsAt(reader: Reader, system: string, timestamp: string): Promise<StoredSnapshot[]> {
  const rows = await reader.all<Row>(
    `SELECT ${columns} FROM snapshots WHERE system = $1 AND timestamp = $2`,
    system,
    timestamp,
  );
  return rows.map(snapshotOf);
}

/** Returns the snapshot of a system with the greatest timestamp, null if there is none. */
export async function newestSnapshot(reader: Reader, system: string): Promise<StoredSnapshot | null> {
  const row = await reader.get<Row>(
    `SELECT ${columns} FROM snapshots WHERE system = $1 ORDER BY timestamp DESC, id DESC LIMIT 1`,
    system,
  );
  return row && snapshotOf(row);
}

/** Returns the newest snapshot of each system that a version without history stored. */
export function newestWithoutHistory(reader: Reader): Promise<{ readonly id: number }[]> {
  return reader.all('SELECT max(id) AS id FROM snapshots WHERE in_history = 0 GROUP BY system');
}

/** Returns some snapshots that a version without history stored, the oldest first. */
export async function snapshotsWithoutHistory(reader: Reader, limit: number): Promise<StoredSnapshot[]> {
  const rows = await reader.all<Row>(
    `SELECT ${columns} FROM snapshots WHERE in_history = 0 ORDER BY id LIMIT $1`,
    limit,
  );
  return rows.map(snapshotOf);
}

/** Returns a snapshot that is not in the history, null if it is. */
export async function snapshotWithoutHistory(reader: Reader, id: number): Promise<StoredSnapshot | null> {
  const row = await reader.get<Row>(`SELECT ${columns} FROM snapshots WHERE id = $1 AND in_history = 0`, id);
  return row && snapshotOf(row);
}

/** Marks a snapshot as one that is in the history, or is left out of it. */
export async function markSnapshot(writer: Writer, id: number, mark: HistoryMark): Promise<void> {
  await writer.run('UPDATE snapshots SET in_history = $1 WHERE id = $2', mark, id);
}

/** Returns the id that an INSERT with `RETURNING id` reports. */
export function inserted(row: { readonly id: number } | null): number {
  if (!row) throw new Error('the database reports no id for an inserted row');
  return row.id;
}

function snapshotOf(row: Row): StoredSnapshot {
  const { received_at, collection_failed, body, ...rest } = row;
  return {
    ...rest,
    receivedAt: received_at,
    collectionFailed: collection_failed,
    body: Bun.zstdDecompressSync(body),
  };
}
