import type { Database } from 'bun:sqlite';
import { openDatabase } from './database.ts';
import { answeredAfterDrop } from './drop.ts';
import type { Attempt, Entry, EntryKey, EntryState, ForeignEntry, NewEntry } from './entry.ts';
import { columns, type EntryRow, entryOf } from './row.ts';

/** What comes of adding an entry: another one may already have its moment (the destination knows entries by it). */
export type Added = { readonly kind: 'stored'; readonly id: string } | { readonly kind: 'moment-taken' };

/** The local queue of requests: bytes, a stream and a path; what they mean is not its business. */
export class Outbox {
  /** For the other files of this room. */
  readonly database: Database;

  constructor(file: string) {
    this.database = openDatabase(file);
  }

  close(): void {
    this.database.close();
  }

  /** Stores an entry; when this returns, it is on disk. */
  add(entry: NewEntry): Added {
    const state = entry.rejectedBecause === null ? 'pending' : 'rejected';
    const id = Bun.randomUUIDv7();
    const isStored = this.#insert({ ...entry, id, state, firstSentAt: null });
    return isStored ? { kind: 'stored', id } : { kind: 'moment-taken' };
  }

  /**
   * Stores an entry that exists already, behind all others; false where it is here, or another one has its moment.
   * Its body is stored as it is.
   */
  takeIn(entry: ForeignEntry): boolean {
    return this.#insert(entry);
  }

  #insert(entry: ForeignEntry): boolean {
    const bytes = Buffer.from(entry.body, 'utf8');
    const gzip = Bun.gzipSync(bytes);
    return this.database
      .transaction((): boolean => {
        const { changes, lastInsertRowid } = this.database
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
            bytes: bytes.length,
            sha256: sha256Of(bytes),
            collectedAt: entry.collectedAt.getTime(),
            state: entry.state,
            firstSentAt: entry.firstSentAt?.getTime() ?? null,
            error: entry.rejectedBecause,
            failed: JSON.stringify(entry.failedProbes),
          });
        if (changes === 0) return false;
        this.database.query('INSERT INTO bodies (entry, gzip) VALUES (?, ?)').run(lastInsertRowid, gzip);
        return true;
      })
      .immediate();
  }

  /** Entries in a state, oldest first; those not delivered for null. */
  list(state: EntryState | 'all' | null): Entry[] {
    const where =
      state === 'all' ? '1' : state === null ? `state IN ('pending', 'held', 'rejected')` : 'state = $state';
    const parameters = state === 'all' || state === null ? {} : { state };
    return this.#entries(`SELECT ${columns} FROM entries WHERE ${where} ORDER BY sequence`, parameters);
  }

  /** The entries whose id begins with `prefix`, at most `limit` of them. */
  withPrefix(prefix: string, limit: number): Entry[] {
    // What begins with it lies between it and itself with the last letter of all behind.
    const query = `SELECT ${columns} FROM entries WHERE id >= $prefix AND id < $prefix || char(0x10ffff) ORDER BY id LIMIT $limit`;
    return this.#entries(query, { prefix, limit });
  }

  /** The body as it is sent. Throws where it is not what was stored. */
  body(entry: Entry): string {
    const row = this.database
      .query<{ gzip: Uint8Array<ArrayBuffer> }, [number]>('SELECT gzip FROM bodies WHERE entry = ?')
      .get(entry.sequence);
    if (!row) throw new Error(`entry ${entry.id} is gone`);
    const bytes = Bun.gunzipSync(row.gzip);
    if (sha256Of(bytes) !== entry.bodySha256)
      throw new Error(`the body of entry ${entry.id} is damaged: its sha-256 differs`);
    return Buffer.from(bytes).toString('utf8');
  }

  /** The oldest pending entry of each stream of a destination, in the order of the entries. */
  heads(destination: string): Entry[] {
    // It steps from stream to stream: grouping would visit every entry that waits, for each one that is delivered.
    return this.#entries(
      `WITH RECURSIVE waiting (stream) AS (
         SELECT min(stream) FROM entries WHERE state = 'pending'
         UNION ALL
         SELECT (SELECT min(stream) FROM entries WHERE state = 'pending' AND stream > waiting.stream)
           FROM waiting WHERE stream IS NOT NULL
       )
       SELECT ${columns} FROM entries WHERE destination = $destination AND sequence IN
         (SELECT (SELECT min(sequence) FROM entries WHERE state = 'pending' AND entries.stream = waiting.stream)
            FROM waiting WHERE stream IS NOT NULL)
       ORDER BY sequence`,
      { destination },
    );
  }

  /** Entries of a stream collected since a moment, newest first. */
  since(stream: string, moment: Date): Entry[] {
    return this.#entries(
      `SELECT ${columns} FROM entries WHERE stream = $stream AND collected_at >= $moment ORDER BY sequence DESC`,
      { stream, moment: moment.getTime() },
    );
  }

  attempts(entry: Entry): Attempt[] {
    return this.database
      .query<Omit<Attempt, 'at'> & { at: number }, [number]>(
        'SELECT at, seconds, status, outcome, detail FROM attempts WHERE entry = ? ORDER BY sequence',
      )
      .all(entry.sequence)
      .map((row) => ({ ...row, at: new Date(row.at) }));
  }

  delivered(entry: Entry, attempt: Attempt, answer: string): void {
    this.#attempted(entry, attempt, { state: 'delivered', deliveredAt: attempt.at.getTime(), answer, charged: true });
  }

  /** Kept as it is until a person decides. */
  rejected(entry: Entry, attempt: Attempt): void {
    this.#attempted(entry, attempt, { state: 'rejected', charged: true });
  }

  /** Stays pending; `charged` counts the attempt. */
  failed(entry: Entry, attempt: Attempt, charged: boolean): void {
    this.#attempted(entry, attempt, { charged });
  }

  /**
   * Notes that an entry is about to be sent, so that an answer that never arrives is not forgotten; false where it is not
   * to be sent any more: somebody held or dropped it.
   */
  sending(entry: Entry, at: Date): boolean {
    const { changes } = this.database
      .query(`UPDATE entries SET first_sent_at = coalesce(first_sent_at, ?) WHERE sequence = ? AND state = 'pending'`)
      .run(at.getTime(), entry.sequence);
    return changes === 1;
  }

  /** The destination was unavailable for a whole drain: the stream rests until this moment. */
  postpone(entry: Entry, until: Date): void {
    this.database
      .query('UPDATE entries SET next_attempt_at = ?, failed_drains = failed_drains + 1 WHERE sequence = ?')
      .run(until.getTime(), entry.sequence);
  }

  /** Makes a rejected or waiting entry due at once; false where it is neither. */
  retry(entry: EntryKey): boolean {
    const { changes } = this.database
      .query(
        `UPDATE entries SET state = 'pending', next_attempt_at = NULL, failed_drains = 0 WHERE sequence = ? AND state IN ('rejected', 'pending')`,
      )
      .run(entry.sequence);
    return changes === 1;
  }

  /** Keeps an entry back until it is released; false where it is not pending. */
  hold(entry: EntryKey, reason: string): boolean {
    const query = `UPDATE entries SET state = 'held', last_error = ? WHERE sequence = ? AND state = 'pending'`;
    return this.database.query(query).run(reason, entry.sequence).changes === 1;
  }

  /** Lets a held entry go again; false where it is not held. */
  release(entry: EntryKey): boolean {
    const query = `UPDATE entries SET state = 'pending', last_error = NULL, next_attempt_at = NULL WHERE sequence = ? AND state = 'held'`;
    return this.database.query(query).run(entry.sequence).changes === 1;
  }

  /** The entry as it is now; null where it is gone. */
  find(entry: EntryKey): Entry | null {
    const query = `SELECT ${columns} FROM entries WHERE sequence = $sequence`;
    return this.#entries(query, { sequence: entry.sequence })[0] ?? null;
  }

  /** The entry as it is now. */
  reread(entry: Entry): Entry {
    return this.find(entry) ?? entry;
  }

  /** The pending entry of the same stream behind this one; null where it is the last. */
  next(entry: Entry): Entry | null {
    const query = `SELECT ${columns} FROM entries WHERE state = 'pending' AND stream = $stream AND sequence > $sequence ORDER BY sequence LIMIT 1`;
    return this.#entries(query, { stream: entry.stream, sequence: entry.sequence })[0] ?? null;
  }

  /** Whether something collected later than this entry was delivered to its stream already. */
  isLate(entry: Entry): boolean {
    const query = 'SELECT 1 FROM streams WHERE stream = ? AND newest_delivered_at > ?';
    return this.database.query(query).get(entry.stream, entry.collectedAt.getTime()) !== null;
  }

  /** Whether nothing of its stream was stored after this entry. */
  isNewest(entry: Entry): boolean {
    const query = 'SELECT 1 FROM entries WHERE stream = ? AND sequence > ? LIMIT 1';
    return this.database.query(query).get(entry.stream, entry.sequence) === null;
  }

  /** How many entries wait to be delivered; those of one stream if it is given. */
  countPending(stream: string | null): number {
    const row = this.database
      .query<{ count: number }, { stream: string | null }>(
        `SELECT count(*) AS count FROM entries WHERE state = 'pending' AND ($stream IS NULL OR stream = $stream)`,
      )
      .get({ stream });
    return row?.count ?? 0;
  }

  #attempted(
    entry: Entry,
    attempt: Attempt,
    change: { state?: EntryState; deliveredAt?: number; answer?: string; charged: boolean },
  ): void {
    this.database
      .transaction(() => {
        if (change.state === 'delivered') this.#remember(entry);
        if (!this.#exists(entry)) return answeredAfterDrop(this.database, entry, attempt);
        this.database
          .query('INSERT INTO attempts (entry, at, seconds, status, outcome, detail) VALUES (?, ?, ?, ?, ?, ?)')
          .run(entry.sequence, attempt.at.getTime(), attempt.seconds, attempt.status, attempt.outcome, attempt.detail);
        this.database
          .query(
            `UPDATE entries SET state = coalesce($state, state), attempts = attempts + $charged, last_status = $status,
               last_error = iif($state IS NULL AND state = 'held', last_error, $error), delivered_at = $deliveredAt, answer = $answer WHERE sequence = $sequence`,
          )
          .run({
            state: change.state ?? null,
            charged: change.charged ? 1 : 0,
            status: attempt.status,
            error: change.state === 'delivered' ? null : attempt.detail,
            deliveredAt: change.deliveredAt ?? null,
            answer: change.answer ?? null,
            sequence: entry.sequence,
          });
      })
      .immediate();
  }

  /** How far the destination is in time by now. */
  #remember(entry: Entry): void {
    this.database
      .query(
        `INSERT INTO streams (stream, newest_delivered_at) VALUES (?, ?)
         ON CONFLICT (stream) DO UPDATE SET newest_delivered_at = max(newest_delivered_at, excluded.newest_delivered_at)`,
      )
      .run(entry.stream, entry.collectedAt.getTime());
  }

  #exists(entry: Entry): boolean {
    return this.database.query('SELECT 1 FROM entries WHERE sequence = ?').get(entry.sequence) !== null;
  }

  #entries(query: string, parameters: Record<string, string | number>): Entry[] {
    return this.database.query<EntryRow, Record<string, string | number>>(query).all(parameters).map(entryOf);
  }
}

function sha256Of(bytes: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
}
