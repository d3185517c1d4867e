import type { Log } from '../lib/log.ts';
import { codeOf } from '../lib/sqlite.ts';
import { readableUtc } from '../lib/time.ts';
import type { Entry } from '../outbox/entry.ts';
import { type Choice, choicesOf } from '../outbox/order.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { isDamage, isReadFault } from '../outbox/recovery/damage.ts';
import { OutboxUnwritable } from '../outbox/unwritable.ts';
import type { DeliveryBounds } from './attempt.ts';
import { type Clock, realClock } from './clock.ts';
import { deliver } from './deliver.ts';
import type { Destination } from './destination.ts';
import { Pace } from './pace.ts';
import { rejectPoisoned } from './poison.ts';
import { ReadAhead } from './read-ahead.ts';
import { type ClockReading, clockReadingOf, futureOf, storeClockReading } from './server-clock.ts';
import { applyOrder, rememberOrder } from './snapshot-order.ts';
import { waitingCount } from './waiting-count.ts';

/** The progress of a drain. */
export type DrainProgress = {
  readonly delivered: number;
  readonly rejected: number;
  /** The stream of the next entry, and when it is sent, by the drain's clock; null after an entry. */
  readonly next: { readonly stream: string; readonly at: number } | null;
};

export type DrainOptions = {
  /** Only this stream; null for all. */
  readonly stream: string | null;
  /** True to send entries of resting streams too. */
  readonly ignoreRest: boolean;
  /** Seconds after which no new entry is sent; null for no limit. */
  readonly maxSeconds: number | null;
  /** Ends the drain after the current entry. */
  readonly signal: AbortSignal;
  /** Called before each entry and after it, to show the progress. */
  readonly progress?: (progress: DrainProgress) => void;
};

/**
 * The result of a drain. `stopped`: the streams whose last attempt failed. `resting`: those that rest after an earlier
 * drain.
 */
export type DrainResult = {
  readonly delivered: number;
  readonly rejected: number;
  readonly held: number;
  readonly left: number;
  readonly stopped: readonly string[];
  readonly resting: readonly string[];
  /** Why the outbox could not record more, so that the drain ended; null if it could. */
  readonly problem: OutboxUnwritable | null;
};

/**
 * Delivers the due entries of one destination, one request at a time. The entries of a stream are sent strictly oldest
 * first, unless the destination gets the newest one first. The caller holds the drain lock. `pace` has the earlier
 * requests to the destination.
 */
export async function drain(
  outbox: Outbox,
  destination: Destination,
  options: DrainOptions,
  log: Log,
  clock: Clock = realClock,
  pace = new Pace(destination.maxPerMinute),
): Promise<DrainResult> {
  const deadline = options.maxSeconds === null ? Number.POSITIVE_INFINITY : clock.now() + options.maxSeconds * 1000;
  /** Streams whose last attempt failed, and streams that rest after an earlier drain. */
  const stopped = new Set<string>();
  const resting = new Set<string>();
  let seen: ClockReading | null = null;
  let delivered = 0;
  let rejected = 0;
  let held = 0;
  const candidates = (after: Entry | null = null) =>
    choicesOf(outbox, destination.name, after)
      .filter(({ entry: { stream } }) => options.stream === null || stream === options.stream)
      .filter(({ entry: { stream } }) => !stopped.has(stream) && !resting.has(stream));
  /** Returns the entry to send after this one if this one is accepted; null if there is none. */
  const following = (entry: Entry): Entry | null => {
    const [next] = candidates(entry);
    return next && (options.ignoreRest || !isResting(next)) ? next.entry : null;
  };
  const mayFollow = (next: Entry): boolean => {
    const isAtOnce = !options.signal.aborted && pace.delay(clock.now()) === 0 && clock.now() < deadline;
    return isAtOnce && futureOf(next, destination, outbox) === null;
  };
  const readAhead = new ReadAhead(outbox, destination, following, mayFollow);
  /** Returns the next entry to send. That is the noted one, even if a newer one was stored since. */
  const nextChoice = (): Choice | null => {
    const choices = candidates();
    const { noted } = readAhead;
    const ofNoted = noted && choices.find(({ entry: { stream } }) => stream === noted.stream);
    if (!noted || !ofNoted || outbox.find(noted)?.state !== 'pending') return choices[0] ?? null;
    return { ...ofNoted, entry: noted };
  };
  const bounds: DeliveryBounds = {
    clock,
    pace,
    deadline,
    signal: options.signal,
    sawClock(date) {
      if (!destination.usesCollectionTime) return;
      const isFirst = seen === null;
      seen = clockReadingOf(date);
      // Store it now: by this clock, the timestamps of the next entries can be in the future.
      const reading = seen;
      if (isFirst && reading !== null) unlessUnwritable(() => storeClockReading(outbox, reading));
    },
    sawOrder: (order) => unlessUnwritable(() => rememberOrder(outbox, destination, order)),
    waiting: waitingCount(outbox, destination.name, clock, () => delivered + rejected + held),
    readAhead,
  };

  let problem: OutboxUnwritable | null = null;
  try {
    unlessUnwritable(() => applyOrder(outbox, destination));
    for (;;) {
      const choice = nextChoice();
      if (choice === null) break;
      const { entry } = choice;
      if (!options.ignoreRest && isResting(choice)) {
        resting.add(entry.stream);
        continue;
      }
      const entryLog = log.withTag(systemOf(entry));
      const future = futureOf(entry, destination, outbox);
      if (future !== null) {
        hold(outbox, entry, future, entryLog);
        held += 1;
        continue;
      }
      const wait = pace.delay(clock.now());
      options.progress?.({ delivered, rejected, next: { stream: entry.stream, at: clock.now() + wait } });
      if (clock.now() + wait >= deadline || !(await clock.wait(wait, options.signal))) break;
      // If the destination was unavailable for one stream, try each other stream only once.
      const patience = stopped.size > 0 ? { ...bounds, deadline: Number.NEGATIVE_INFINITY } : bounds;
      const result = await deliver(outbox, destination, entry, patience, entryLog, choice.failures);
      if (result === 'delivered' || result === 'delivered-in-part') delivered += 1;
      if (result === 'rejected' || result === 'delivered-in-part') rejected += 1;
      if (result === 'unreached') stopped.add(entry.stream);
      if (result === 'stopped') {
        const poisoned = await rejectPoisoned(outbox, destination, entry, bounds, entryLog, choice.head);
        delivered += poisoned.delivered;
        rejected += poisoned.rejected;
        if (poisoned.delivered === 0) stopped.add(entry.stream);
      }
      options.progress?.({ delivered, rejected, next: null });
    }
  } catch (error) {
    // Rethrow: the caller reads the outbox again or recovers it, and starts the drain again.
    if (!(error instanceof OutboxUnwritable) || isDamage(error) || isReadFault(error)) throw error;
    problem = error;
  }
  const last = seen;
  if (last !== null) unlessUnwritable(() => storeClockReading(outbox, last));
  const left = outbox.countPending(options.stream, destination.name);
  return { delivered, rejected, held, left, stopped: [...stopped], resting: [...resting], problem };
}

/** Stores what an answer says besides its result. Ignores errors of SQLite, because the next answer says it again. */
function unlessUnwritable(store: () => void): void {
  try {
    store();
  } catch (error) {
    if (codeOf(error)?.startsWith('SQLITE_') !== true) throw error;
  }
}

/** Holds an entry whose timestamp is in the future, and logs why. */
function hold(outbox: Outbox, entry: Entry, why: string, log: Log): void {
  const reason = `collected in the future, at ${readableUtc(entry.collectedAt)} UTC: ${why}`;
  outbox.hold(entry, reason);
  log.error(`✗ entry ${entry.id} is held: ${reason}; to send it: hpc-collector outbox release ${entry.id}`);
}

/** Returns the system whose log an entry belongs in: the last part of its stream. */
export function systemOf({ stream }: Pick<Entry, 'stream'>): string {
  return stream.slice(stream.lastIndexOf('/') + 1);
}

function isResting({ restsUntil }: Choice): boolean {
  return restsUntil !== null && restsUntil.getTime() > Date.now();
}
