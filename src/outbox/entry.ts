/**
 * The states of an entry: `pending → delivered`, `pending → rejected`, `pending ⇄ held`. A recovery prefers a later one of
 * this list.
 */
export const entryStates = ['pending', 'held', 'rejected', 'delivered'] as const;
export type EntryState = (typeof entryStates)[number];

/** A request to store in the outbox, ready to be sent. */
export type NewEntry = {
  /** Entries of one stream are delivered strictly oldest first: `sam/derecho`. */
  readonly stream: string;
  readonly destination: string;
  readonly method: 'POST';
  /** The path below the destination's address, with the leading slash. */
  readonly path: string;
  readonly body: string;
  readonly collectedAt: Date;
  /** Names of the probes that failed or were read only in part. */
  readonly failedProbes: readonly string[];
  /** The reason to store it as rejected; null to deliver it. */
  readonly rejectedBecause: string | null;
};

/** A body as it is stored: compressed, with the size and the hexadecimal SHA-256 of the uncompressed body. */
export type StoredBody = { readonly gzip: Uint8Array; readonly bytes: number; readonly sha256: string };

/** The same with a compressed body, so that compression does not delay a commit of several entries. */
export type CompressedEntry = Omit<NewEntry, 'body'> & { readonly body: StoredBody };

/** An entry that exists already: from another outbox, or from the spool. */
export type ForeignEntry = NewEntry & {
  readonly id: string;
  readonly state: EntryState;
  readonly firstSentAt: Date | null;
};

/** One row of the outbox, without its body. */
export type Entry = {
  readonly sequence: number;
  /** UUIDv7; also the request's `Idempotency-Key`. */
  readonly id: string;
  readonly stream: string;
  readonly destination: string;
  readonly method: 'POST';
  readonly path: string;
  readonly bodyBytes: number;
  readonly bodySha256: string;
  readonly collectedAt: Date;
  readonly state: EntryState;
  readonly attempts: number;
  /** Consecutive drains that failed alike to deliver it. */
  readonly failedDrains: number;
  /** When it was first sent; null if the destination cannot have it: it was not sent, or every answer refused it. */
  readonly firstSentAt: Date | null;
  readonly nextAttemptAt: Date | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly deliveredAt: Date | null;
  /** The destination's answer, unchanged but without secrets. */
  readonly answer: string | null;
  readonly failedProbes: readonly string[];
};

/** The identity and the state of an entry. It is small, so that thousands fit into memory. */
export type EntryKey = Pick<Entry, 'sequence' | 'id' | 'stream' | 'state' | 'collectedAt'>;

/** One attempt to deliver an entry. */
export type Attempt = {
  readonly at: Date;
  readonly seconds: number;
  /** The HTTP status; null if there was no answer. */
  readonly status: number | null;
  readonly outcome: string;
  readonly detail: string;
};

/** The changes of an entry by an attempt. */
export type AttemptChange = {
  /** Null if it does not change. */
  readonly state: EntryState | null;
  readonly deliveredAt: number | null;
  readonly answer: string | null;
  /** True if it counts as an attempt. */
  readonly charged: boolean;
  /** True if the destination may have the entry, from this or an earlier attempt. */
  readonly mayHaveArrived: boolean;
};

/** An attempt and its changes, as they are recorded. */
export type AttemptRecord = { readonly attempt: Attempt; readonly change: AttemptChange };
