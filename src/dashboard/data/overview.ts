import type { z } from 'zod';
import type { systemSchema } from '../../server/status/answers.ts';
import type { State } from '../components/state.tsx';
import { now, parseTime } from '../format/times.ts';
import { type Outage, type Reservation, staleMs } from './status.ts';

/** A day of a system: how many of its seconds it was in each state. */
export type SystemDay = {
  /** `2026-11-28`, UTC. */
  readonly date: string;
  readonly up: number;
  readonly degraded: number;
  readonly down: number;
  readonly maintenance: number;
  readonly unknown: number;
};

/** A system on the overview. */
export type SystemCard = z.infer<typeof systemSchema> & {
  /** Fields of the newest snapshot. */
  readonly figures: Readonly<Record<string, number | null>>;
  /** The last 24 hours. */
  readonly day: {
    readonly from: string;
    readonly step: number;
    readonly fields: Readonly<Record<string, readonly (number | null)[]>>;
  };
  readonly days: readonly SystemDay[];
};

/** The answer of `/api/v1/overview`. */
export type OverviewData = {
  readonly systems: readonly SystemCard[];
  /** Outages and maintenance that have not ended. */
  readonly outages: readonly Outage[];
  readonly reservations: readonly Reservation[];
};

/** True for the same system: people write its name in any case. */
export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * Returns the state that is shown: maintenance if that alone is why a system is not up, unknown if the data are old.
 * @param open the outages of all systems that have begun and not ended
 */
export function shownState(system: SystemCard, open: readonly Outage[]): State {
  const isLate = now.value - (parseTime(system.timestamp) ?? 0) > staleMs;
  const mine = open.filter(({ system_name }) => sameName(system_name, system.name));
  const isOnlyMaintenance = mine.length > 0 && mine.every(({ severity }) => severity === 'maintenance');
  if (isOnlyMaintenance && system.state !== 'up') return 'maintenance';
  return isLate ? 'unknown' : system.state;
}
