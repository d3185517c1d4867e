import type { z } from 'zod';
import type { Reader } from '../store/port.ts';
import { seriesOf } from '../store/series.ts';
import type { stateHistorySchema } from './answers.ts';
import { totalsOf, unknownSystem } from './coverage.ts';
import { bucketsOf, canonicalTime } from './period.ts';
import { dayMs } from './samples.ts';
import { readTimeline } from './timeline.ts';
import { type StateSeconds, secondsBetween } from './uptime.ts';

/** The seconds that a system spent in each state, by bucket. */
export type StateHistory = Readonly<z.output<typeof stateHistorySchema>>;

/**
 * Returns the states of a system by bucket. Query parameters: `from` (default: 90 days before `to`), `to` and `step`
 * (default: a day). The time after `now` is in no state.
 * @throws RequestProblem 404 for an unknown system, 400 for wrong parameters
 */
export async function statesOf(
  reader: Reader,
  system: string,
  query: URLSearchParams,
  now: Date,
): Promise<StateHistory> {
  if (!totalsOf(await seriesOf(reader, system))) throw unknownSystem(system);
  const { from, to, step, count } = bucketsOf(query, now, { windowMs: 90 * dayMs, leastStep: dayMs });
  const timeline = from < now.getTime() ? await readTimeline(reader, system, from, Math.min(to, now.getTime())) : [];
  const buckets = Array.from({ length: count }, (_, index) =>
    secondsBetween(timeline, from + index * step, from + (index + 1) * step),
  );
  const of = (state: keyof StateSeconds) => buckets.map((seconds) => Math.round(seconds[state]));
  return {
    system,
    from: canonicalTime(from),
    to: canonicalTime(to),
    step: step / 1000,
    seconds: {
      up: of('up'),
      degraded: of('degraded'),
      down: of('down'),
      maintenance: of('maintenance'),
      unknown: of('unknown'),
    },
  };
}
