import type { Database } from 'bun:sqlite';
import type { ForeignEntry, StoredBody } from './entry.ts';

/** Compresses a body for storage. */
export function storedBody(body: string): StoredBody {
  const bytes = Buffer.from(body, 'utf8');
  return { gzip: Bun.gzipSync(bytes), bytes: bytes.length, sha256: sha256Of(bytes) };
}

/** Returns the SHA-256 of bytes, or of a text in UTF-8, in hexadecimal. */
export function sha256Of(content: Uint8Array | string): string {
  return new Bun.CryptoHasher('sha256').update(content).digest('hex');
}

/** Inserts an entry after all others. Returns false if its id exists already or another entry has its timestamp. */
export function insertEntry(database: Database, entry: Omit<ForeignEntry, 'body'>, body: StoredBody): boolean {
  const insert = database.transaction((): boolean => {
    const { changes, lastInsertRowid } = database
      .query(
        `INSERT INTO entries (id, stream, destination, method, path, body_bytes, body_sha256, collected_at, state,
           first_sent_at, last_error, failed_probes)
         VALUES ($id, $stream, $destination, $method, $path, $bytes, $sha256, $collectedAt, $state, $firstSentAt,
           $error, $failed)
         ON CONFLICT DO NOTHING`,
      )
      .run({
        id: entry.id,
        stream: entry.stream,
        destination: entry.destination,
        method: entry.method,
        path: entry.path,
        bytes: body.bytes,
        sha256: body.sha256,
        collectedAt: entry.collectedAt.getTime(),
        state: entry.state,
        firstSentAt: entry.firstSentAt?.getTime() ?? null,
        error: entry.rejectedBecause,
        failed: JSON.stringify(entry.failedProbes),
      });
    if (changes === 0) return false;
    database.query('INSERT INTO bodies (entry, gzip) VALUES (?, ?)').run(lastInsertRowid, body.gzip);
    return true;
  });
  return insert.immediate();
}

/** An entry to insert, with its compressed body. */
export type NewRow = { readonly row: Omit<ForeignEntry, 'body'>; readonly body: StoredBody };

/** Inserts entries in one transaction. Returns false, and inserts none, if one of them cannot be inserted. */
export function insertTogether(database: Database, entries: readonly NewRow[]): boolean {
  const taken = new Error('another entry has its timestamp');
  const insert = database.transaction(() => {
    // Only a throw undoes the entries before it.
    for (const { row, body } of entries) if (!insertEntry(database, row, body)) throw taken;
  });
  try {
    insert.immediate();
    return true;
  } catch (error) {
    if (error === taken) return false;
    throw error;
  }
}
