import type { z } from 'zod';
import type { uptimeSchema } from './answers.ts';
import type { Stretch } from './timeline.ts';

/** The seconds that a system spent in each state. `maintenance` is planned, and not counted in the others. */
export type StateSeconds = {
  readonly up: number;
  readonly degraded: number;
  readonly down: number;
  readonly maintenance: number;
  readonly unknown: number;
};

/** The share of time in which a system was up or degraded. */
export type Uptime = Readonly<z.output<typeof uptimeSchema>>;

/** Returns the seconds in each state between two times in milliseconds. */
export function secondsBetween(stretches: readonly Stretch[], from: number, to: number): StateSeconds {
  const seconds = { up: 0, degraded: 0, down: 0, maintenance: 0, unknown: 0 };
  for (const stretch of stretches) {
    const length = Math.min(stretch.to, to) - Math.max(stretch.from, from);
    if (length > 0) seconds[stretch.isMaintenance ? 'maintenance' : stretch.state] += length / 1000;
  }
  return seconds;
}

/** Returns the uptime over some days. */
export function uptimeOf({ up, degraded, down, maintenance, unknown }: StateSeconds, days: number): Uptime {
  const usable = up + degraded;
  const known = usable + down + maintenance;
  return {
    days,
    percent: percentOf(usable, known),
    percent_without_maintenance: percentOf(usable, usable + down),
    known_percent: percentOf(known, known + unknown) ?? 0,
  };
}

function percentOf(part: number, whole: number): number | null {
  return whole > 0 ? Number(((100 * part) / whole).toFixed(3)) : null;
}
