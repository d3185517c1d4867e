import { type Database, SQLiteError } from 'bun:sqlite';
import { exitCodes, OperatorError } from '../lib/errors.ts';
import { openDatabase } from './database.ts';
import type { Attempt, Entry, EntryState, ForeignEntry, NewEntry } from './entry.ts';
import { type EntryRow, entryOf } from './row.ts';

/** What comes of adding an entry: another one may already have its moment (the destination knows entries by it). */
export type Added = { readonly kind: 'stored'; readonly id: string } | { readonly kind: 'moment-taken' };

/** Every column but the body, which is large. */
const columns = `sequence, id, stream, destination, method, path, body_bytes, body_sha256, collected_at, state, attempts,
  failed_drains, first_sent_at, next_attempt_at, last_status, last_error, delivered_at, answer, failed_probes`;

/** The local queue of requests: bytes, a stream and a path; what they mean is not its business. */
export class Outbox {
  readonly #file: string;
  /** For the other files of this room. */
  readonly database: Database;

  constructor(file: string) {
    this.#file = file;
    this.database = openDatabase(file);
  }

  close(): void {
    this.database.close();
  }

  /** Stores an entry; when this returns, it is on disk. Throws OperatorError, exit code 1, where it cannot be written. */
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
    const insert = this.database.transaction((): boolean => {
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
    });
    return this.#write(() => insert.immediate());
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
    const query = `SELECT ${columns} FROM entries WHERE substr(id, 1, length($prefix)) = $prefix ORDER BY sequence LIMIT $limit`;
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
    return this.#entries(
      `SELECT ${columns} FROM entries WHERE sequence IN
         (SELECT min(sequence) FROM entries WHERE state = 'pending' AND destination = $destination GROUP BY stream)
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

  /** Delivered entries, the oldest first, that were delivered before a moment. */
  deliveredBefore(moment: Date, limit: number): Entry[] {
    const query = `SELECT ${columns} FROM entries WHERE state = 'delivered' AND delivered_at < $moment ORDER BY sequence LIMIT $limit`;
    return this.#entries(query, { moment: moment.getTime(), limit });
  }

  /** The entries that have been here the longest. */
  oldest(limit: number): Entry[] {
    return this.#entries(`SELECT ${columns} FROM entries ORDER BY sequence LIMIT $limit`, { limit });
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
    const deliveredAt = attempt.at.getTime();
    this.#attempted(entry, attempt, { state: 'delivered', deliveredAt, answer, charged: true, mayHaveArrived: true });
  }

  /** Kept as it is until a person decides. */
  rejected(entry: Entry, attempt: Attempt, mayHaveArrived: boolean): void {
    this.#attempted(entry, attempt, { state: 'rejected', charged: true, mayHaveArrived });
  }

  /** Stays pending; `charged` counts the attempt. */
  failed(entry: Entry, attempt: Attempt, how: { charged: boolean; mayHaveArrived: boolean }): void {
    this.#attempted(entry, attempt, how);
  }

  /** Notes that an entry is about to be sent, so that an answer that never arrives is not forgotten. */
  sending(entry: Entry, at: Date): void {
    const update = this.database.query(
      'UPDATE entries SET first_sent_at = coalesce(first_sent_at, ?) WHERE sequence = ?',
    );
    this.#write(() => update.run(at.getTime(), entry.sequence));
  }

  /** The destination was unavailable for a whole drain: the stream rests until this moment. */
  postpone(entry: Entry, until: Date): void {
    const update = this.database.query(
      'UPDATE entries SET next_attempt_at = ?, failed_drains = failed_drains + 1 WHERE sequence = ?',
    );
    this.#write(() => update.run(until.getTime(), entry.sequence));
  }

  /** Makes a rejected or waiting entry due at once; false where it is neither. */
  retry(entry: Entry): boolean {
    const update = this.database.query(
      `UPDATE entries SET state = 'pending', next_attempt_at = NULL, failed_drains = 0 WHERE sequence = ? AND state IN ('rejected', 'pending')`,
    );
    return this.#write(() => update.run(entry.sequence)).changes === 1;
  }

  /** Keeps an entry back until it is released; false where it is not pending. */
  hold(entry: Entry, reason: string): boolean {
    const query = `UPDATE entries SET state = 'held', last_error = ? WHERE sequence = ? AND state = 'pending'`;
    return this.database.query(query).run(reason, entry.sequence).changes === 1;
  }

  /** Lets a held entry go again; false where it is not held. */
  release(entry: Entry): boolean {
    const query = `UPDATE entries SET state = 'pending', last_error = NULL, next_attempt_at = NULL WHERE sequence = ? AND state = 'held'`;
    return this.database.query(query).run(entry.sequence).changes === 1;
  }

  /** The entry as it is now. */
  reread(entry: Entry): Entry {
    return (
      this.#entries(`SELECT ${columns} FROM entries WHERE sequence = $sequence`, { sequence: entry.sequence })[0] ??
      entry
    );
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
    change: { state?: EntryState; deliveredAt?: number; answer?: string; charged: boolean; mayHaveArrived: boolean },
  ): void {
    const transaction = this.database.transaction(() => {
      this.database
        .query('INSERT INTO attempts (entry, at, seconds, status, outcome, detail) VALUES (?, ?, ?, ?, ?, ?)')
        .run(entry.sequence, attempt.at.getTime(), attempt.seconds, attempt.status, attempt.outcome, attempt.detail);
      this.database
        .query(
          `UPDATE entries SET state = coalesce($state, state), attempts = attempts + $charged, last_status = $status,
               last_error = $error, delivered_at = $deliveredAt, answer = $answer,
               next_attempt_at = iif($state IS NULL, next_attempt_at, NULL),
               first_sent_at = iif($mayHaveArrived, first_sent_at, NULL) WHERE sequence = $sequence`,
        )
        .run({
          state: change.state ?? null,
          charged: change.charged ? 1 : 0,
          status: attempt.status,
          error: change.state === 'delivered' ? null : attempt.detail,
          deliveredAt: change.deliveredAt ?? null,
          answer: change.answer ?? null,
          mayHaveArrived: change.mayHaveArrived ? 1 : 0,
          sequence: entry.sequence,
        });
      if (change.state !== 'delivered') return;
      this.database
        .query(
          `INSERT INTO streams (stream, newest_delivered_at) VALUES (?, ?)
           ON CONFLICT (stream) DO UPDATE SET newest_delivered_at = max(newest_delivered_at, excluded.newest_delivered_at)`,
        )
        .run(entry.stream, entry.collectedAt.getTime());
    });
    this.#write(() => transaction.immediate());
  }

  #write<Result>(change: () => Result): Result {
    try {
      return change();
    } catch (error) {
      if (!(error instanceof SQLiteError)) throw error;
      throw new OperatorError(
        `cannot write the outbox ${this.#file}: ${error.message}; check the directory, its owner and the space left`,
        { exitCode: exitCodes.failed, cause: error },
      );
    }
  }

  #entries(query: string, parameters: Record<string, string | number>): Entry[] {
    return this.database.query<EntryRow, Record<string, string | number>>(query).all(parameters).map(entryOf);
  }
}

function sha256Of(bytes: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
}
