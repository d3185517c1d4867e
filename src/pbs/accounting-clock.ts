import { firstNumber } from './accounting-fields.ts';
import type { AccountingRecord } from './accounting-lines.ts';
import type { LogState } from './open-runs.ts';

/**
 * Returns the time of a record in seconds since 1970; null if it is not known. The log has the local time of the server,
 * and nothing names its zone. A Q or S record also has the time at which it is written in seconds since 1970, so it shows
 * the zone for the records after it.
 */
export function timeOf({ type, clock, job }: AccountingRecord, state: LogState): number | null {
  const back = state.clock - clock;
  state.clock = clock;
  const epoch =
    job === null ? null : type === 'Q' ? job.queued : type === 'S' ? firstNumber(job.rest, ' start=') : null;
  const zone = epoch === null ? null : Math.round((clock - epoch) / 60) * 60;
  if (zone !== null && Math.abs(zone) <= mostZone) state.zone = zone;
  // Summer time ended, and the clock went back by an hour.
  else if (state.zone !== null && back > 1800 && back < 5400) state.zone -= 3600;
  return state.zone === null ? null : clock - state.zone;
}

/** Zones are between UTC-12 and UTC+14. */
const mostZone = 14 * 3600;
