import type { HttpReply, HttpRequest } from '../lib/http.ts';
import type { Entry } from '../outbox/entry.ts';
import type { Sender } from './collector-header.ts';

/** The meaning of a destination's reply for an entry. */
export type Outcome =
  /** `wasStored`: an earlier attempt has stored it. */
  | { readonly kind: 'accepted'; readonly detail: string; readonly answer: string; readonly wasStored: boolean }
  /** This body can never be accepted. */
  | { readonly kind: 'rejected'; readonly detail: string }
  /** A part can never be accepted: `rest` is sent instead, and `leftOut` is stored as rejected with the reason. */
  | {
      readonly kind: 'split';
      readonly detail: string;
      readonly rest: string;
      readonly leftOut: string;
      readonly reason: string;
    }
  /** This server refuses some records of the body: `rest` is sent instead. */
  | Omitted
  /** The server refuses the body for its size. Parts of it may be accepted. */
  | { readonly kind: 'too-large'; readonly detail: string }
  /** The address or the credentials are wrong: a person must correct them, and the entry stays unchanged. */
  | { readonly kind: 'misconfigured'; readonly detail: string }
  /** Try later. `retryAfter` is in seconds; null if the destination does not give it. */
  | { readonly kind: 'unavailable'; readonly detail: string; readonly retryAfter: number | null };

/** The result of leaving the records out of a body that a server refuses by design. */
export type Omitted = {
  readonly kind: 'omitted';
  readonly detail: string;
  readonly rest: string;
  /** The left-out records in words: `2 jobs that never started`. */
  readonly leftOut: string;
  /** A clause for each record: `job 7, submitted 2026-11-20T10:00:00, never started`. */
  readonly records: readonly string[];
};

/** The place of an entry in its stream. */
export type StreamPlace = {
  /** An entry that was collected later is delivered already. */
  readonly isLate: boolean;
  /** No entry of its stream was stored after it. */
  readonly isNewest: boolean;
  /** The id of the row in the SAM API for the outage that the entry reports; null if there is none. */
  readonly outageRow: number | null;
};

/** A body as it is sent. */
export type Prepared = {
  readonly body: string;
  /** The names of the parts left out of the stored body. */
  readonly leftOut: readonly string[];
  /** The body to send instead if this one is refused, and a clause that says so; null if there is none. */
  readonly ifRefused: { readonly body: string; readonly words: string } | null;
};

/** The members of an entry that a request needs. */
export type Sendable = Pick<Entry, 'id' | 'method' | 'path' | 'failedProbes'>;

/** The request that a reply answers. */
export type Sent = {
  readonly body: string;
  /** True if the entry was also sent before and may be stored. */
  readonly mayHaveArrived: boolean;
};

/** An API that accepts deliveries. To add one, add a file beside this. */
export type Destination = {
  /** The name in entries: `sam`. */
  readonly name: string;
  /** The content of its entries, for people: `status`. */
  readonly content: string;
  /** The URL of the server, without a slash at the end. */
  readonly address: string;
  /** For people: `the SAM API at https://sam.ucar.edu`. */
  readonly description: string;
  /**
   * True if it orders entries by their time of collection: an entry from the future would be the latest until that time.
   * Only the clock of such a destination is compared with this host's clock.
   */
  readonly usesCollectionTime: boolean;
  /**
   * The order of the entries of a stream after an outage. `by-answer`: the newest first if the server's answers say that
   * it stores snapshots right in any order, otherwise `oldest-first`. Null if its entries have no order.
   */
  readonly catchUp: 'oldest-first' | 'newest-first' | 'by-answer' | null;
  readonly maxPerMinute: number;
  readonly maxBodyBytes: number;
  /** Returns the request for an entry. Without a sender it does not say which collector sends it. */
  request(entry: Sendable, body: string, sender?: Sender): HttpRequest;
  /** Returns the body to send at this place in the stream, and the names of the parts left out of it. */
  prepare(body: string, place: StreamPlace): Prepared;
  /** Returns a smaller form of a body that is too large, and the left-out part; null if nothing can be left out. */
  reduce(body: string): { readonly body: string; readonly leftOut: string } | null;
  /** Returns the body without the jobs that never started; null if it has none. */
  omit(body: string): Omitted | null;
  /** Returns the meaning of a reply. */
  judge(reply: HttpReply, sent: Sent): Outcome;
};
