import type { Log } from '../lib/log.ts';
import { codeOf } from '../lib/sqlite.ts';
import { readableUtc } from '../lib/time.ts';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { isDamage, isReadFault } from '../outbox/recovery/damage.ts';
import { OutboxUnwritable } from '../outbox/unwritable.ts';
import { type Clock, realClock } from './clock.ts';
import { type DeliveryBounds, deliver } from './deliver.ts';
import type { Destination } from './destination.ts';
import { Pace } from './pace.ts';
import { rejectPoisoned } from './poison.ts';
import { ReadAhead } from './read-ahead.ts';
import { type ClockReading, clockReadingOf, futureOf, storeClockReading } from './server-clock.ts';

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
 * Delivers the due entries of one destination: one request at a time, the entries of a stream strictly oldest first.
 * The caller holds the drain lock.
 */
export async function drain(
  outbox: Outbox,
  destination: Destination,
  options: DrainOptions,
  log: Log,
  clock: Clock = realClock,
): Promise<DrainResult> {
  const deadline = options.maxSeconds === null ? Number.POSITIVE_INFINITY : clock.now() + options.maxSeconds * 1000;
  const pace = new Pace(destination.maxPerMinute);
  /** Streams whose last attempt failed, and streams that rest after an earlier drain. */
  const stopped = new Set<string>();
  const resting = new Set<string>();
  let seen: ClockReading | null = null;
  let delivered = 0;
  let rejected = 0;
  let held = 0;
  const candidates = () =>
    outbox
      .heads(destination.name)
      .filter(({ stream }) => options.stream === null || stream === options.stream)
      .filter(({ stream }) => !stopped.has(stream) && !resting.has(stream));
  /** Returns the entry to send after the current one if that is accepted; null if there is none. */
  const following = (entry: Entry): Entry | null => {
    const others = candidates().filter(({ stream }) => stream !== entry.stream);
    const next = [outbox.next(entry), ...others]
      .filter((other) => other !== null)
      .sort((one, other) => one.sequence - other.sequence)[0];
    return next && (options.ignoreRest || !isResting(next)) ? next : null;
  };
  const mayFollow = (next: Entry): boolean => {
    const isAtOnce = !options.signal.aborted && pace.delay(clock.now()) === 0 && clock.now() < deadline;
    return isAtOnce && futureOf(next, destination, outbox) === null;
  };
  const readAhead = new ReadAhead(outbox, destination, following, mayFollow);
  const bounds: DeliveryBounds = {
    clock,
    pace,
    deadline,
    signal: options.signal,
    sawClock(date) {
      if (!destination.showsMoments) return;
      const isFirst = seen === null;
      seen = clockReadingOf(date);
      // Store it now: by this clock, the timestamps of the next entries can be in the future.
      if (isFirst && seen !== null) keepSighting(outbox, seen);
    },
    readAhead,
  };

  let problem: OutboxUnwritable | null = null;
  try {
    for (;;) {
      const head = candidates()[0];
      if (!head) break;
      const entry = readAhead.unsent(head);
      if (!options.ignoreRest && isResting(entry)) {
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
      const result = await deliver(outbox, destination, entry, patience, entryLog);
      if (result === 'delivered' || result === 'delivered-in-part') delivered += 1;
      if (result === 'rejected' || result === 'delivered-in-part') rejected += 1;
      if (result === 'unreached') stopped.add(entry.stream);
      if (result === 'stopped') {
        const poisoned = await rejectPoisoned(outbox, destination, entry, bounds, entryLog);
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
  if (seen !== null) keepSighting(outbox, seen);
  const left = outbox.countPending(options.stream, destination.name);
  return { delivered, rejected, held, left, stopped: [...stopped], resting: [...resting], problem };
}

/**
 * Stores the time of the destination's clock. Ignores errors of SQLite, because the next answer gives the time again.
 */
function keepSighting(outbox: Outbox, clock: ClockReading): void {
  try {
    storeClockReading(outbox, clock);
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

function isResting(entry: Entry): boolean {
  return entry.nextAttemptAt !== null && entry.nextAttemptAt.getTime() > Date.now();
}
