import { type HttpReply, send } from '../lib/http.ts';
import type { Attempt, Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Clock } from './clock.ts';
import type { Destination, Outcome } from './destination.ts';
import type { Pace } from './pace.ts';
import type { ReadAhead } from './read-ahead.ts';
import { requiresStart } from './start-required.ts';

/** The values that the attempts of one drain share. */
export type DeliveryBounds = {
  readonly clock: Clock;
  readonly pace: Pace;
  /** The time of `clock` after which no retry starts. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Called with the `Date` header of each accepted answer. */
  readonly sawClock: (date: Date) => void;
  /** Called with the header `X-Snapshot-Order` of each accepted answer. */
  readonly sawOrder: (order: string | null) => void;
  /** Returns the number of entries that are pending for the destination besides this one. */
  readonly waiting: () => number;
  /** Reads the body of this entry, and that of the next one while the request is running. */
  readonly readAhead: ReadAhead;
};

/** One attempt and its outcome. `mayBeStored`: the destination can have stored the request. */
export type Tried = { readonly outcome: Outcome; readonly attempt: Attempt; readonly mayBeStored: boolean };

/** Sends a body once, and returns what the destination's reply means. */
export async function sendOnce(
  destination: Destination,
  entry: Entry,
  { body, mayHaveArrived, bounds }: { body: string; mayHaveArrived: boolean; bounds: DeliveryBounds },
): Promise<Tried> {
  const { clock, pace } = bounds;
  const at = new Date();
  const started = clock.now();
  pace.made(started);
  const [reply] = await Promise.all([
    send(destination.request(entry, body, { waiting: bounds.waiting() })),
    bounds.readAhead.read(entry),
  ]);
  const outcome = destination.judge(reply, { body, mayHaveArrived });
  // Read the clock and the order from accepted answers only: a proxy or a cache can have made any other answer.
  if (outcome.kind === 'accepted' && reply.kind === 'answer') {
    if (reply.date !== null) bounds.sawClock(reply.date);
    bounds.sawOrder(reply.snapshotOrder);
  }
  const status = reply.kind === 'answer' ? reply.status : null;
  return {
    outcome,
    attempt: {
      at,
      seconds: (clock.now() - started) / 1000,
      status,
      outcome: outcome.kind,
      detail: outcome.detail,
    },
    mayBeStored: outcome.kind !== 'split' && outcome.kind !== 'omitted' && mayBeStored(reply),
  };
}

/** True if the destination may have stored the request: it did not redirect or refuse it, and was reached. */
export function mayBeStored(reply: HttpReply): boolean {
  return reply.kind === 'answer' ? reply.status < 300 || reply.status >= 500 : !reply.neverSent;
}

/**
 * Returns the outcome of a body that must be changed before it is sent, because of known limits; null if it can be
 * sent.
 */
export function withoutSending(outbox: Outbox, destination: Destination, body: string): Tried | null {
  const bytes = Buffer.byteLength(body);
  const omitted = requiresStart(outbox, destination.address) ? destination.omit(body) : null;
  const limit = destination.maxBodyBytes;
  const outcome: Outcome | null =
    omitted ??
    (bytes > limit ? { kind: 'too-large', detail: `the body has ${bytes} bytes, the limit is ${limit}` } : null);
  if (outcome === null) return null;
  const attempt = { at: new Date(), seconds: 0, status: null, outcome: outcome.kind, detail: outcome.detail };
  return { outcome, attempt, mayBeStored: false };
}
