import { type Database, SQLiteError } from 'bun:sqlite';
import { messageOf } from '../lib/errors.ts';
import { withoutSecrets, withoutSecretsInJson } from '../lib/secrets.ts';
import { attemptsOf, noteSending, recordAttempt } from './attempts.ts';
import { openDatabase, usedBytes } from './database.ts';
import { drop } from './drop.ts';
import type {
  Attempt,
  AttemptChange,
  AttemptRecord,
  CompressedEntry,
  Entry,
  EntryKey,
  EntryState,
  ForeignEntry,
  NewEntry,
} from './entry.ts';
import { insertEntry, insertTogether, type NewRow, sha256Of, storedBody } from './insert.ts';
import { Metadata } from './metadata.ts';
import { releaseEntry } from './release.ts';
import { giveUpReserve } from './reserve.ts';
import { type EntryRow, entryOf, entryRowColumns } from './row.ts';
import { type Omission, omitFromEntry, type Split, splitEntry } from './split.ts';
import type { Spool } from './spool/spool.ts';
import { isForLackOfSpace, OutboxUnwritable, unwritable } from './unwritable.ts';

/** A stored entry and its id. */
export type Added<Made> = { readonly id: string; readonly entry: Made };

const unanswered = { deliveredAt: null, answer: null } as const;

function newRow(id: string, entry: NewEntry | CompressedEntry): NewRow {
  const state = entry.rejectedBecause === null ? 'pending' : 'rejected';
  const body = typeof entry.body === 'string' ? storedBody(entry.body) : entry.body;
  return { row: { ...entry, id, state, firstSentAt: null }, body };
}

/** The local queue of requests. It stores bytes, a stream and a path, and does not interpret the bodies. */
export class Outbox {
  /** For the other files of this room only. */
  readonly database: Database;
  readonly metadata: Metadata;
  readonly #file: string;
  readonly #spool: Spool | null;

  /** Answers that cannot be recorded are kept in the spool, if there is one. */
  constructor(file: string, spool: Spool | null = null, database = openDatabase(file)) {
    this.#file = file;
    this.#spool = spool;
    this.database = database;
    this.metadata = new Metadata(database);
  }

  close(): void {
    this.database.close();
  }

  /**
   * Stores an entry with the first free timestamp from `from` on, in steps of a millisecond, because two entries of one
   * destination never share one. When this returns, the entry is on disk. Returns its id and the stored entry. Throws
   * OutboxUnwritable.
   */
  add<Made extends NewEntry | CompressedEntry>(from: Date, entryAt: (time: Date) => Made): Added<Made> {
    const [added] = this.addAll(from, (time) => [entryAt(time)]);
    if (added === undefined) throw new Error('no entry was stored');
    return added;
  }

  /** Stores entries for different destinations in the same way: all with one timestamp, all or none. */
  addAll<Made extends NewEntry | CompressedEntry>(
    from: Date,
    entriesAt: (time: Date) => readonly Made[],
  ): Added<Made>[] {
    for (let time = from.getTime(); ; time++) {
      const added = entriesAt(new Date(time)).map((entry) => ({ id: Bun.randomUUIDv7(), entry }));
      const rows = added.map(({ id, entry }) => newRow(id, entry));
      if (this.#write(() => insertTogether(this.database, rows))) return added;
    }
  }

  /**
   * Stores an entry that exists already, after all others, with an unchanged body. Returns false if its id exists or
   * another entry of its destination has its timestamp.
   */
  takeIn(entry: ForeignEntry): boolean {
    const body = storedBody(entry.body);
    return this.#write(() => insertEntry(this.database, entry, body));
  }

  /** Runs changes in one transaction: all or none are stored. Throws OutboxUnwritable if the file cannot be written. */
  atomically<T>(work: () => T): T {
    const whole = this.database.transaction(work);
    return this.#write(() => whole.immediate());
  }

  /** True if there is an entry with this id. */
  has(id: string): boolean {
    return this.database.query('SELECT 1 FROM entries WHERE id = ?').get(id) !== null;
  }

  /** Returns the entries in a state, oldest first; the undelivered ones for null. */
  list(state: EntryState | 'all' | null): Entry[] {
    const where =
      state === 'all' ? '1' : state === null ? `state IN ('pending', 'held', 'rejected')` : 'state = $state';
    return this.#entries(`SELECT ${entryRowColumns} FROM entries WHERE ${where} ORDER BY sequence`, { state });
  }

  /** Returns the entries whose id begins with `prefix`, at most `limit`. */
  withPrefix(prefix: string, limit: number): Entry[] {
    // Such ids sort between the prefix and the prefix followed by the highest code point.
    const query = `SELECT ${entryRowColumns} FROM entries WHERE id >= $prefix AND id < $prefix || char(0x10ffff) ORDER BY id LIMIT $limit`;
    return this.#entries(query, { prefix, limit });
  }

  /** Returns the uncompressed body. Throws an Error if the entry does not exist any more or the body is damaged. */
  body(entry: Entry): string {
    const row = this.database
      .query<{ gzip: Uint8Array<ArrayBuffer> }, [number]>('SELECT gzip FROM bodies WHERE entry = ?')
      .get(entry.sequence);
    if (!row) throw new Error(`entry ${entry.id} does not exist any more`);
    const bytes = Bun.gunzipSync(row.gzip);
    if (sha256Of(bytes) !== entry.bodySha256)
      throw new Error(`the body of entry ${entry.id} is damaged: its sha-256 differs`);
    return Buffer.from(bytes).toString('utf8');
  }

  /** Returns the oldest pending entry of each stream of a destination (null: of all), the first stored one first. */
  heads(destination: string | null): Entry[] {
    // The query steps from stream to stream: a GROUP BY would read every pending entry for each delivery.
    return this.#entries(
      `WITH RECURSIVE waiting (stream) AS (
         SELECT min(stream) FROM entries WHERE state = 'pending'
         UNION ALL
         SELECT (SELECT min(stream) FROM entries WHERE state = 'pending' AND stream > waiting.stream)
           FROM waiting WHERE stream IS NOT NULL
       )
       SELECT ${entryRowColumns} FROM entries WHERE ($destination IS NULL OR destination = $destination) AND sequence IN
         (SELECT (SELECT min(sequence) FROM entries WHERE state = 'pending' AND entries.stream = waiting.stream)
            FROM waiting WHERE stream IS NOT NULL)
       ORDER BY sequence`,
      { destination },
    );
  }

  /** Returns the entries of a stream collected at a time or later, newest first. */
  since(stream: string, time: Date): Entry[] {
    return this.#entries(
      `SELECT ${entryRowColumns} FROM entries WHERE stream = $stream AND collected_at >= $time ORDER BY sequence DESC`,
      { stream, time: time.getTime() },
    );
  }

  /** Returns the attempts to deliver an entry, oldest first. */
  attempts(entry: Entry): Attempt[] {
    return attemptsOf(this.database, entry);
  }

  /**
   * Records that an attempt delivered an entry. Notes in the same commit that `next` is about to be sent, as `sending`
   * does, because a commit takes longer than all other work for an entry.
   */
  delivered(entry: Entry, attempt: Attempt, answer: string, next: Entry | null = null): void {
    const deliveredAt = attempt.at.getTime();
    const change = { state: 'delivered', deliveredAt, answer, charged: true, mayHaveArrived: true } as const;
    this.#attempted(entry, attempt, change, next);
  }

  /** Records that an attempt rejected an entry: it is kept until a person retries or drops it. */
  rejected(entry: Entry, attempt: Attempt, mayHaveArrived: boolean): void {
    this.#attempted(entry, attempt, { ...unanswered, state: 'rejected', charged: true, mayHaveArrived });
  }

  /**
   * Moves the part of an entry that can never be accepted to a new rejected entry, and returns its id; null if the
   * entry was dropped meanwhile.
   */
  split(entry: Entry, attempt: Attempt, split: Split): string | null {
    return this.#writeOnReserve(() => splitEntry(this.database, entry, attempt, split));
  }

  /** Leaves records out of an entry and stores each as dropped. Returns false if the entry was dropped meanwhile. */
  omit(entry: Entry, attempt: Attempt, omission: Omission): boolean {
    return this.#writeOnReserve(() => omitFromEntry(this.database, entry, attempt, omission));
  }

  /** Records a failed attempt: the entry stays pending. `charged`: count the attempt. */
  failed(entry: Entry, attempt: Attempt, how: { charged: boolean; mayHaveArrived: boolean }): void {
    this.#attempted(entry, attempt, { ...unanswered, state: null, ...how });
  }

  /**
   * Notes that an entry is about to be sent, so that a lost answer leaves a trace. Returns false if the entry was held
   * or dropped meanwhile. Throws OutboxUnwritable if nothing can be recorded, even with the reserve: do not send it
   * then.
   */
  sending(entry: Entry, at: Date): boolean {
    return this.#writeOnReserve(() => noteSending(this.database, entry, at));
  }

  /**
   * Records that a drain ended without delivering the entry. The stream rests until a time; null if the entry stays
   * due. Drains count as consecutive while they fail alike.
   */
  postpone(entry: Entry, until: Date | null, isAlike = true): void {
    const query = this.database.query(
      'UPDATE entries SET next_attempt_at = ?, failed_drains = iif(?, failed_drains, 0) + 1 WHERE sequence = ?',
    );
    this.#writeOnReserve(() => query.run(until?.getTime() ?? null, isAlike, entry.sequence));
  }

  /** Makes a rejected or pending entry due at once. Returns false if it is neither. */
  retry(entry: EntryKey): boolean {
    const query = `UPDATE entries SET state = 'pending', next_attempt_at = NULL, failed_drains = 0 WHERE sequence = ? AND state IN ('rejected', 'pending')`;
    return this.#write(() => this.database.query(query).run(entry.sequence)).changes === 1;
  }

  /** Holds an entry until it is released; the reason precedes the last error. Returns false if it is not pending. */
  hold(entry: EntryKey, reason: string): boolean {
    const query = `UPDATE entries SET state = 'held', last_error = ? || coalesce('; last error: ' || last_error, '') WHERE sequence = ? AND state = 'pending'`;
    return this.#writeOnReserve(() => this.database.query(query).run(reason, entry.sequence)).changes === 1;
  }

  /** Makes a held entry pending, and records the release by a person. Returns false if it is not held. */
  release(entry: EntryKey, at: Date): boolean {
    return this.atomically(() => releaseEntry(this.database, entry, at));
  }

  /**
   * Deletes entries, and records the id and the reason of each undelivered one. Skips an entry whose state has changed,
   * because the drain may have delivered it. Returns the deleted entries.
   */
  drop<Key extends EntryKey>(entries: readonly Key[], reason: string, now: Date): Key[] {
    return drop(this.database, entries, reason, now);
  }

  /** Returns the current state of an entry; null if it does not exist any more. */
  find(entry: EntryKey): Entry | null {
    const query = `SELECT ${entryRowColumns} FROM entries WHERE sequence = $sequence`;
    return this.#entries(query, { sequence: entry.sequence })[0] ?? null;
  }

  /** Returns the current state of an entry, or the given one if it does not exist any more. */
  reread(entry: Entry): Entry {
    return this.find(entry) ?? entry;
  }

  /** Returns the next pending entry of the same stream; null if this is the last. */
  next(entry: Entry): Entry | null {
    const query = `SELECT ${entryRowColumns} FROM entries WHERE state = 'pending' AND stream = $stream AND sequence > $sequence ORDER BY sequence LIMIT 1`;
    return this.#entries(query, { stream: entry.stream, sequence: entry.sequence })[0] ?? null;
  }

  /** True if an entry of the same stream that was collected later is delivered already. */
  isLate(entry: Entry): boolean {
    const query = 'SELECT 1 FROM streams WHERE stream = ? AND newest_delivered_at > ?';
    return this.database.query(query).get(entry.stream, entry.collectedAt.getTime()) !== null;
  }

  /** True if no entry of its stream was stored after this one. */
  isNewest(entry: Entry): boolean {
    const query = 'SELECT 1 FROM entries WHERE stream = ? AND sequence > ? LIMIT 1';
    return this.database.query(query).get(entry.stream, entry.sequence) === null;
  }

  /** Returns the number of pending entries: of one stream and to one destination, unless null. */
  countPending(stream: string | null, destination: string | null = null): number {
    const row = this.database
      .query<{ count: number }, { stream: string | null; destination: string | null }>(
        `SELECT count(*) AS count FROM entries WHERE state = 'pending' AND ($stream IS NULL OR stream = $stream)
           AND ($destination IS NULL OR destination = $destination)`,
      )
      .get({ stream, destination });
    return row?.count ?? 0;
  }

  /** The bytes of the file in use; the rest is free for reuse. */
  get usedBytes(): number {
    return usedBytes(this.database);
  }

  /** True if an entry of a matching stream is pending, held or rejected. */
  hasUndelivered(isOfInterest: (stream: string) => boolean): boolean {
    const query = `SELECT DISTINCT stream FROM entries INDEXED BY entries_by_state
      WHERE state IN ('pending', 'held', 'rejected')`;
    const streams = this.database.query<{ stream: string }, []>(query).all();
    return streams.some(({ stream }) => isOfInterest(stream));
  }

  /** Records an attempt that could not be recorded when it was made. Skips one that is recorded already. */
  record(id: string, { attempt, change }: AttemptRecord): void {
    const [entry] = this.withPrefix(id, 1);
    if (entry?.id !== id) return;
    if (this.attempts(entry).some((known) => known.at.getTime() === attempt.at.getTime())) return;
    this.#writeOnReserve(() => recordAttempt(this.database, entry, { attempt, change }, null));
  }

  /**
   * Records an attempt. On a full disk it uses the space of the reserve. If that is not enough, it stores the answer in
   * the spool and throws OutboxUnwritable, because the entry looks as if it had not been sent.
   */
  #attempted(entry: Entry, made: Attempt, changed: AttemptChange, next: Entry | null = null): void {
    // Debugging pages and echo services answer with the request, which has the credentials.
    const attempt = { ...made, detail: withoutSecrets(made.detail) };
    const change = { ...changed, answer: changed.answer === null ? null : withoutSecretsInJson(changed.answer) };
    try {
      this.#writeOnReserve(() => recordAttempt(this.database, entry, { attempt, change }, next));
    } catch (error) {
      if (!(error instanceof OutboxUnwritable)) throw error;
      const answer = `${error.problem}; the answer to entry ${entry.id} (${attempt.outcome})`;
      throw new OutboxUnwritable(`${answer} ${this.#spoolAnswer(entry, attempt, change)}`, error.remedy, error);
    }
  }

  /** Stores an answer in the spool. Returns words that say where it is. */
  #spoolAnswer(entry: Entry, attempt: Attempt, change: AttemptChange): string {
    if (this.#spool === null) return 'is lost: it may be sent again';
    try {
      return `is kept in ${this.#spool.keepAnswer({ id: entry.id, attempt, change })}`;
    } catch (error) {
      return `is lost, it may be sent again: it cannot be kept in the fallback directory either: ${messageOf(error)}`;
    }
  }

  /** Writes. If there is no space, frees the reserve and tries once more. */
  #writeOnReserve<T>(write: () => T): T {
    return this.#write(() => {
      try {
        return write();
      } catch (error) {
        // SQLite has rolled the transaction back already.
        if (!isForLackOfSpace(error) || !giveUpReserve(this.#file)) throw error;
        return write();
      }
    });
  }

  /** Writes. Throws OutboxUnwritable if SQLite fails. */
  #write<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw error instanceof SQLiteError ? unwritable('write the outbox', this.#file, error) : error;
    }
  }

  #entries(query: string, parameters: Record<string, string | number | null>): Entry[] {
    return this.database.query<EntryRow, Record<string, string | number | null>>(query).all(parameters).map(entryOf);
  }
}
