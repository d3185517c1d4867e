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
import { insertEntry, sha256Of, storedBody } from './insert.ts';
import { Metadata } from './metadata.ts';
import { releaseEntry } from './release.ts';
import { giveUpReserve } from './reserve.ts';
import { columns, type EntryRow, entryOf } from './row.ts';
import { type Omission, omitFromEntry, type Split, splitEntry } from './split.ts';
import type { Spool } from './spool/spool.ts';
import { isForLackOfSpace, OutboxUnwritable, unwritable } from './unwritable.ts';

const unanswered = { deliveredAt: null, answer: null } as const;

/** The local queue of requests: bytes, a stream and a path; what they mean is not its business. */
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
  add<Made extends NewEntry | CompressedEntry>(
    from: Date,
    entryAt: (time: Date) => Made,
  ): { readonly id: string; readonly entry: Made } {
    const id = Bun.randomUUIDv7();
    for (let time = from.getTime(); ; time++) {
      const entry = entryAt(new Date(time));
      const state = entry.rejectedBecause === null ? 'pending' : 'rejected';
      const body = typeof entry.body === 'string' ? storedBody(entry.body) : entry.body;
      const isStored = this.#write(() => insertEntry(this.database, { ...entry, id, state, firstSentAt: null }, body));
      if (isStored) return { id, entry };
    }
  }

  /**
   * Stores an entry that exists already, behind all others; false where it is here, or another one has its moment.
   * Its body is stored as it is.
   */
  takeIn(entry: ForeignEntry): boolean {
    const body = storedBody(entry.body);
    return this.#write(() => insertEntry(this.database, entry, body));
  }

  /** Does what changes the file all together or not at all. Throws OutboxUnwritable where it cannot be written. */
  atomically<T>(work: () => T): T {
    const whole = this.database.transaction(work);
    return this.#write(() => whole.immediate());
  }

  /** Whether an entry with this id is here. */
  has(id: string): boolean {
    return this.database.query('SELECT 1 FROM entries WHERE id = ?').get(id) !== null;
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

  /** The oldest pending entry of each stream of a destination (of all for null), in the order of the entries. */
  heads(destination: string | null): Entry[] {
    // It steps from stream to stream: grouping would visit every entry that waits, for each one that is delivered.
    return this.#entries(
      `WITH RECURSIVE waiting (stream) AS (
         SELECT min(stream) FROM entries WHERE state = 'pending'
         UNION ALL
         SELECT (SELECT min(stream) FROM entries WHERE state = 'pending' AND stream > waiting.stream)
           FROM waiting WHERE stream IS NOT NULL
       )
       SELECT ${columns} FROM entries WHERE ($destination IS NULL OR destination = $destination) AND sequence IN
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
    return attemptsOf(this.database, entry);
  }

  /**
   * With the same commit notes that `next` is about to be sent, as `sending` does: a commit takes longer than everything
   * else that is done for an entry.
   */
  delivered(entry: Entry, attempt: Attempt, answer: string, next: Entry | null = null): void {
    const deliveredAt = attempt.at.getTime();
    const change = { state: 'delivered', deliveredAt, answer, charged: true, mayHaveArrived: true } as const;
    this.#attempted(entry, attempt, change, next);
  }

  /** Kept as it is until a person decides. */
  rejected(entry: Entry, attempt: Attempt, mayHaveArrived: boolean): void {
    this.#attempted(entry, attempt, { ...unanswered, state: 'rejected', charged: true, mayHaveArrived });
  }

  /**
   * Takes out of the entry what can never be accepted, and keeps it as a rejected entry, whose id it gives; null where
   * the entry was dropped meanwhile.
   */
  split(entry: Entry, attempt: Attempt, split: Split): string | null {
    return this.#writeOnReserve(() => splitEntry(this.database, entry, attempt, split));
  }

  /** Leaves records out of an entry, and remembers each as dropped. Returns false if the entry was dropped meanwhile. */
  omit(entry: Entry, attempt: Attempt, omission: Omission): boolean {
    return this.#writeOnReserve(() => omitFromEntry(this.database, entry, attempt, omission));
  }

  /** Stays pending; `charged` counts the attempt. */
  failed(entry: Entry, attempt: Attempt, how: { charged: boolean; mayHaveArrived: boolean }): void {
    this.#attempted(entry, attempt, { ...unanswered, state: null, ...how });
  }

  /**
   * Notes that an entry is about to be sent, so that an answer that never arrives is not forgotten; false where it is not
   * to be sent any more: somebody held or dropped it. Throws OutboxUnwritable where nothing can be recorded, even on the
   * reserve: then it must not be sent.
   */
  sending(entry: Entry, at: Date): boolean {
    return this.#writeOnReserve(() => noteSending(this.database, entry, at));
  }

  /**
   * Records that a drain ended without delivering the entry. The stream rests until a time; null if the entry stays due.
   * Drains count as consecutive while they fail alike.
   */
  postpone(entry: Entry, until: Date | null, isAlike = true): void {
    const query = this.database.query(
      'UPDATE entries SET next_attempt_at = ?, failed_drains = iif(?, failed_drains, 0) + 1 WHERE sequence = ?',
    );
    this.#writeOnReserve(() => query.run(until?.getTime() ?? null, isAlike ? 1 : 0, entry.sequence));
  }

  /** Makes a rejected or waiting entry due at once; false where it is neither. */
  retry(entry: EntryKey): boolean {
    const query = `UPDATE entries SET state = 'pending', next_attempt_at = NULL, failed_drains = 0 WHERE sequence = ? AND state IN ('rejected', 'pending')`;
    return this.#write(() => this.database.query(query).run(entry.sequence)).changes === 1;
  }

  /** Holds an entry until it is released; the reason stands before the last error. False if it is not pending. */
  hold(entry: EntryKey, reason: string): boolean {
    const query = `UPDATE entries SET state = 'held', last_error = ? || coalesce('; last error: ' || last_error, '') WHERE sequence = ? AND state = 'pending'`;
    return this.#writeOnReserve(() => this.database.query(query).run(reason, entry.sequence)).changes === 1;
  }

  /** Makes a held entry pending, and records that a person decided so; false if it is not held. */
  release(entry: EntryKey, at: Date): boolean {
    return this.atomically(() => releaseEntry(this.database, entry, at));
  }

  /**
   * Deletes entries and records their ids and the reason; of delivered ones nothing is lost, so nothing is recorded. Skips
   * an entry whose state has changed: the drain may have delivered it. Returns the deleted ones.
   */
  drop<Key extends EntryKey>(entries: readonly Key[], reason: string, now: Date): Key[] {
    return drop(this.database, entries, reason, now);
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

  /** How many entries wait to be delivered; those of one stream, or to one destination, if that is given. */
  countPending(stream: string | null, destination: string | null = null): number {
    const row = this.database
      .query<{ count: number }, { stream: string | null; destination: string | null }>(
        `SELECT count(*) AS count FROM entries WHERE state = 'pending' AND ($stream IS NULL OR stream = $stream)
           AND ($destination IS NULL OR destination = $destination)`,
      )
      .get({ stream, destination });
    return row?.count ?? 0;
  }

  /** Bytes of the file in use; the rest is free for reuse. */
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

  /** Records an attempt that could not be recorded when it was made; one that is recorded already is passed over. */
  record(id: string, { attempt, change }: AttemptRecord): void {
    const [entry] = this.withPrefix(id, 1);
    if (entry?.id !== id) return;
    if (this.attempts(entry).some((known) => known.at.getTime() === attempt.at.getTime())) return;
    this.#writeOnReserve(() => recordAttempt(this.database, entry, { attempt, change }, null));
  }

  /**
   * Records an attempt: on a full disk on the reserve, and where even that is not enough in the spool; then it throws
   * OutboxUnwritable, because the entry looks as if it had not been tried.
   */
  #attempted(entry: Entry, made: Attempt, changed: AttemptChange, next: Entry | null = null): void {
    // Debugging pages and echo services answer with what they were sent, the credentials too.
    const attempt = { ...made, detail: withoutSecrets(made.detail) };
    const change = { ...changed, answer: changed.answer === null ? null : withoutSecretsInJson(changed.answer) };
    try {
      this.#writeOnReserve(() => recordAttempt(this.database, entry, { attempt, change }, next));
    } catch (error) {
      if (!(error instanceof OutboxUnwritable)) throw error;
      const answer = `${error.problem}; the answer to entry ${entry.id} (${attempt.outcome})`;
      throw new OutboxUnwritable(`${answer} ${this.#spoolAnswer(entry, attempt, change)}`, error.mend, error);
    }
  }

  /** Says where the answer is. */
  #spoolAnswer(entry: Entry, attempt: Attempt, change: AttemptChange): string {
    if (this.#spool === null) return 'is lost: it may be sent again';
    try {
      return `is kept in ${this.#spool.keepAnswer({ id: entry.id, attempt, change })}`;
    } catch (error) {
      return `is lost, it may be sent again: it cannot be kept in the fallback directory either: ${messageOf(error)}`;
    }
  }

  /** Writes; for want of space once more, on what the reserve gives. */
  #writeOnReserve<T>(write: () => T): T {
    return this.#write(() => {
      try {
        return write();
      } catch (error) {
        // SQLite has rolled back by itself.
        if (!isForLackOfSpace(error) || !giveUpReserve(this.#file)) throw error;
        return write();
      }
    });
  }

  /** Writes; throws OutboxUnwritable where that cannot be done. */
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
