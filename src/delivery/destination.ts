import type { HttpReply, HttpRequest } from '../lib/http.ts';
import type { Entry } from '../outbox/entry.ts';

/** What a destination's reply means for an entry. */
export type Outcome =
  /** `wasStored`: the destination has it already, from an earlier attempt. */
  | { readonly kind: 'accepted'; readonly detail: string; readonly answer: string; readonly wasStored: boolean }
  /** This body can never be accepted. */
  | { readonly kind: 'rejected'; readonly detail: string }
  /** Some of it can never be accepted: `rest` is sent in its place, and `leftOut` kept as rejected, for this reason. */
  | {
      readonly kind: 'split';
      readonly detail: string;
      readonly rest: string;
      readonly leftOut: string;
      readonly reason: string;
    }
  /** This server refuses some records of the body: `rest` is sent in its place. */
  | Omitted
  /** It may be accepted in a smaller form. */
  | { readonly kind: 'too-large'; readonly detail: string }
  /** We do not speak with the API, or not with the right credentials: a person must act, the entry is as good as before. */
  | { readonly kind: 'misconfigured'; readonly detail: string }
  /** Later. `retryAfter` is in seconds, where the destination names them. */
  | { readonly kind: 'unavailable'; readonly detail: string; readonly retryAfter: number | null };

/** The result of leaving the records out of a body that a server refuses by design. */
export type Omitted = {
  readonly kind: 'omitted';
  readonly detail: string;
  readonly rest: string;
  /** What is left out: `2 jobs that never started`. */
  readonly leftOut: string;
  /** A clause for each record: `job 7, submitted 2026-11-20T10:00:00, never started`. */
  readonly records: readonly string[];
};

/** Where an entry stands among those of its stream. */
export type Place = {
  /** Something collected later was delivered before it. */
  readonly isLate: boolean;
  /** Nothing of its stream was stored after it. */
  readonly isNewest: boolean;
  /** The id of the row that the SAM API has of the outage that it reports; null if there is none. */
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

/** What a request needs to know of an entry. */
export type Sendable = Pick<Entry, 'id' | 'method' | 'path' | 'failedProbes'>;

/** What was sent for a reply. */
export type Sent = {
  readonly body: string;
  /** Whether the entry was sent before, too, and may be there. */
  readonly mayHaveArrived: boolean;
};

/** An API that takes deliveries. A new one is one more file beside this. */
export type Destination = {
  /** As entries name it: `sam`. */
  readonly name: string;
  /** What its entries carry, for people: `status`. */
  readonly content: string;
  /** The URL of the server, without a slash at the end. */
  readonly address: string;
  /** For people: `the SAM API at https://sam.ucar.edu`. */
  readonly description: string;
  /**
   * Whether it shows what it takes at the moment of collection: an entry from the future would be its latest until then. Its
   * clock is asked for that, and no other's.
   */
  readonly showsMoments: boolean;
  readonly maxPerMinute: number;
  readonly maxBodyBytes: number;
  /** The request for an entry. */
  request(entry: Sendable, body: string): HttpRequest;
  /** Returns the body as it may be sent at this place in the stream's order, and the names of the parts left out of it. */
  prepare(body: string, place: Place): Prepared;
  /** The body with less in it, for one that is too large, and what was left out; null where nothing can be. */
  reduce(body: string): { readonly body: string; readonly leftOut: string } | null;
  /** Leaves out of a body what a server that requires a start refuses; null if the body has nothing of that kind. */
  omit(body: string): Omitted | null;
  /** What a reply means. */
  judge(reply: HttpReply, sent: Sent): Outcome;
};
