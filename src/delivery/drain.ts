import type { Log } from '../lib/log.ts';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { type Clock, realClock } from './clock.ts';
import { type Delivery, deliver } from './deliver.ts';
import type { Destination } from './destination.ts';
import { Pace } from './pace.ts';

export type DrainOptions = {
  /** Only this stream; null for all. */
  readonly stream: string | null;
  /** Send what rests, too. */
  readonly ignoreRest: boolean;
  /** No new entry is begun after so many seconds; null for no limit. */
  readonly maxSeconds: number | null;
  /** Ends the drain after the entry in hand. */
  readonly signal: AbortSignal;
};

/** What a drain did; `stopped` names the streams that an attempt left waiting. */
export type DrainResult = {
  readonly delivered: number;
  readonly rejected: number;
  readonly left: number;
  readonly stopped: readonly string[];
};

/**
 * Delivers what is due to one destination: one request at a time, the entries of a stream strictly oldest first. The
 * caller holds the drain lock.
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
  const stopped = new Set<string>();
  const resting = new Set<string>();
  let delivered = 0;
  let rejected = 0;

  for (;;) {
    const entry = nextEntry(outbox, destination, options, new Set([...stopped, ...resting]));
    if (!entry) break;
    if (!options.ignoreRest && isResting(entry)) {
      resting.add(entry.stream);
      continue;
    }
    const wait = pace.delay(clock.now());
    if (clock.now() + wait >= deadline || !(await clock.wait(wait, options.signal))) break;
    const result: Delivery = await deliver(
      outbox,
      destination,
      entry,
      { clock, pace, deadline, signal: options.signal },
      log.withTag(systemOf(entry)),
    );
    if (result === 'delivered') delivered += 1;
    else if (result === 'rejected') rejected += 1;
    else stopped.add(entry.stream);
  }
  return { delivered, rejected, left: outbox.countPending(options.stream), stopped: [...stopped] };
}

/** The oldest head of the streams that are not done with. */
function nextEntry(
  outbox: Outbox,
  destination: Destination,
  options: DrainOptions,
  doneWith: ReadonlySet<string>,
): Entry | undefined {
  return outbox
    .heads(destination.name)
    .find((head) => !doneWith.has(head.stream) && (options.stream === null || head.stream === options.stream));
}

/** The system whose log an entry belongs in: the last part of its stream. */
function systemOf(entry: Entry): string {
  return entry.stream.slice(entry.stream.lastIndexOf('/') + 1);
}

function isResting(entry: Entry): boolean {
  return entry.nextAttemptAt !== null && entry.nextAttemptAt.getTime() > Date.now();
}
