import { now, parseTime } from '../format/times.ts';
import type { Outage } from './status.ts';

/** Returns the end of an outage; of an open one the present, in ms. */
export function endOf({ end_time, start_time }: Outage): number {
  return parseTime(end_time) ?? Math.max(now.value, parseTime(start_time) ?? 0);
}

/** Returns the time from the start of an outage to its end, or to the present, in ms. */
export function lengthOf(outage: Outage): number {
  return endOf(outage) - (parseTime(outage.start_time) ?? 0);
}

/** True if an outage is resolved, or its end has passed. */
export function hasEnded({ status, end_time }: Outage): boolean {
  const end = parseTime(end_time);
  return status === 'resolved' || (end !== null && end <= now.value);
}

/** True if an outage has begun. */
export function hasBegun({ start_time }: Outage): boolean {
  return (parseTime(start_time) ?? 0) <= now.value;
}
