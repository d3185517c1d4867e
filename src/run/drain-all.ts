import type { Config } from '../config/config.ts';
import { realClock } from '../delivery/clock.ts';
import type { Destination } from '../delivery/destination.ts';
import { destinationNamed } from '../delivery/destinations.ts';
import { type DrainOptions, type DrainResult, drain } from '../delivery/drain.ts';
import { Pace } from '../delivery/pace.ts';
import { OperatorError } from '../lib/errors.ts';
import { canShowStatus } from '../lib/status-line.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Context } from './context.ts';
import { showProgress } from './drain-progress.ts';
import { stopSignal } from './signals.ts';

/** How often to look for new entries of other destinations while one is being drained, in milliseconds. */
const lookAgainAfter = 2000;

/** The destinations with pending entries, and the errors of destinations that cannot be used. */
export type Awaited = { readonly destinations: readonly Destination[]; readonly problems: readonly OperatorError[] };

/** Returns the destinations of the pending entries of a stream, or of all streams for null. */
export function awaited(outbox: Outbox, stream: string | null, config: Config): Awaited {
  const heads = outbox.heads(null).filter((head) => stream === null || head.stream === stream);
  const destinations: Destination[] = [];
  const problems: OperatorError[] = [];
  for (const name of new Set(heads.map(({ destination }) => destination))) {
    try {
      destinations.push(destinationNamed(name, config));
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      problems.push(error);
    }
  }
  return { destinations, problems };
}

/** The drains of one destination: their results so far, and their common pace. */
type Work = { readonly pace: Pace; readonly results: DrainResult[] };

/**
 * Drains all destinations in parallel, and waits for all before it throws the error of one. While one takes long, the
 * others also get entries that are stored meanwhile: a run that finds this drain leaves them to it.
 */
export async function drainAll(
  outbox: Outbox,
  destinations: readonly Destination[],
  options: Omit<DrainOptions, 'signal'>,
  { log, config }: Context,
): Promise<DrainResult[]> {
  const line = canShowStatus() ? showProgress() : null;
  const works = new Map<string, Work>();
  const running = new Map<string, Promise<void>>();
  const errors: unknown[] = [];
  const deadline =
    options.maxSeconds === null ? Number.POSITIVE_INFINITY : performance.now() + options.maxSeconds * 1000;
  const start = (destination: Destination): void => {
    const { name, maxPerMinute } = destination;
    const work = works.get(name) ?? { pace: new Pace(maxPerMinute), results: [] };
    works.set(name, work);
    const before = summed(work.results);
    const progress: DrainOptions['progress'] = (own) => {
      const all = { ...own, delivered: before.delivered + own.delivered, rejected: before.rejected + own.rejected };
      line?.update(name, all, () => ({ maxPerMinute, left: outbox.countPending(options.stream, name) }));
    };
    const maxSeconds = options.maxSeconds === null ? null : (deadline - performance.now()) / 1000;
    const drained = drain(
      outbox,
      destination,
      { ...options, maxSeconds, signal: stopSignal, progress },
      log,
      realClock,
      work.pace,
    );
    running.set(
      name,
      drained
        .then((result) => void work.results.push(result))
        .catch((error) => void errors.push(error))
        .finally(() => running.delete(name)),
    );
  };
  for (const destination of destinations) start(destination);
  while (running.size > 0) {
    // A destination whose pace or time is used up ends at once each time it is started, so wait for all of them.
    await atMost(Promise.all(running.values()), lookAgainAfter);
    if (running.size === 0 || errors.length > 0 || stopSignal.aborted || performance.now() >= deadline) continue;
    for (const destination of awaited(outbox, options.stream, config).destinations) {
      const { name } = destination;
      if (!running.has(name) && hasMore(outbox, name, works.get(name)?.results ?? [])) start(destination);
    }
  }
  line?.stop();
  if (errors.length > 0) throw errors[0];
  return [...works.values()].flatMap(({ results }) => results);
}

/** Waits for a promise, but not longer than a time in milliseconds. */
async function atMost(work: Promise<unknown>, milliseconds: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([work, late]);
  clearTimeout(timer);
}

/**
 * True if a destination has entries of a stream that did not fail, and does not rest after an earlier failure. A drain of
 * one stream does not call this: it has one destination, and ends with it.
 */
function hasMore(outbox: Outbox, destination: string, results: readonly DrainResult[]): boolean {
  if (results.some(({ problem }) => problem !== null)) return false;
  const failed = new Set(results.flatMap(({ stopped, resting }) => [...stopped, ...resting]));
  return outbox.heads(destination).some(({ stream }) => !failed.has(stream));
}

/** Adds up the results of drains. */
export function summed(results: readonly DrainResult[]) {
  return {
    delivered: sum(results, 'delivered'),
    rejected: sum(results, 'rejected'),
    stopped: results.flatMap(({ stopped }) => stopped),
    resting: results.flatMap(({ resting }) => resting),
    problem: results.find(({ problem }) => problem !== null)?.problem ?? null,
  };
}

function sum<K extends string>(all: readonly Readonly<Record<K, number>>[], key: K): number {
  return all.reduce((total, one) => total + one[key], 0);
}
