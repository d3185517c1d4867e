import type { StoredBody } from './insert.ts';

/** Where an entry stands: `pending → delivered`, `pending → rejected`, `pending ⇄ held`. */
export const entryStates = ['pending', 'held', 'rejected', 'delivered'] as const;
export type EntryState = (typeof entryStates)[number];

/** What is put into the outbox: a request, ready to be sent. */
export type NewEntry = {
  /** What is delivered strictly oldest first: `sam/derecho`. */
  readonly stream: string;
  readonly destination: string;
  readonly method: 'POST';
  /** Below the destination's address, with the slash in front. */
  readonly path: string;
  readonly body: string;
  readonly collectedAt: Date;
  /** Names of probes that failed, or were read in part. */
  readonly failedProbes: readonly string[];
  /** Stored as rejected, for this reason; null to be delivered. */
  readonly rejectedBecause: string | null;
};

/** The same with a compressed body: entries that are stored in one commit should not wait for compression. */
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
  /** Consecutive drains that ended without delivering it, in the same manner. */
  readonly failedDrains: number;
  /** When it was first sent; null where it was not, or every answer says that it was not kept: it cannot be there. */
  readonly firstSentAt: Date | null;
  readonly nextAttemptAt: Date | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly deliveredAt: Date | null;
  /** The destination's answer, as it came. */
  readonly answer: string | null;
  readonly failedProbes: readonly string[];
};

/** As much of an entry as tells it from others, and where it stood: thousands of them fit into memory. */
export type EntryKey = Pick<Entry, 'sequence' | 'id' | 'stream' | 'state' | 'collectedAt'>;

/** One try to deliver an entry. */
export type Attempt = {
  readonly at: Date;
  readonly seconds: number;
  /** The HTTP status; null where none came. */
  readonly status: number | null;
  readonly outcome: string;
  readonly detail: string;
};

/** What an attempt changes of its entry. */
export type AttemptChange = {
  /** Null where it stays as it is. */
  readonly state: EntryState | null;
  readonly deliveredAt: number | null;
  readonly answer: string | null;
  /** Whether it counts as an attempt. */
  readonly charged: boolean;
  /** Whether the destination may have it, of this or an earlier attempt. */
  readonly mayHaveArrived: boolean;
};

/** All that is recorded of an attempt. */
export type AttemptRecord = { readonly attempt: Attempt; readonly change: AttemptChange };
