import type { Reader } from '../store/port.ts';
import { samplesBetween } from '../store/series.ts';
import { spansBetween } from '../store/spans.ts';
import { millisecondsOf } from '../timestamp.ts';
import { type Buckets, canonicalTime } from './period.ts';
import { parseUserKey, type UserKey } from './spans.ts';

/** Takes the counters of a user, project and queue, in the order of `userCounters`, and in how many snapshots of a bucket they are. */
type Visit = (user: UserKey, counters: readonly number[], bucket: number, snapshots: number) => void;

/**
 * Calls a function for each bucket of each span of users in some buckets.
 * @param totalsId the series of the totals of the system, which has the times of its snapshots
 * @param isWanted false for a span that does not count
 */
export async function visitUserSpans(
  reader: Reader,
  system: string,
  totalsId: number,
  { from, to, step }: Buckets,
  isWanted: (user: UserKey, counters: readonly number[]) => boolean,
  visit: Visit,
): Promise<void> {
  const times = (await samplesBetween(reader, totalsId, from, to)).map(({ at }) => at);
  for (const { key, value, first, last } of await spansBetween(
    reader,
    system,
    'user',
    canonicalTime(from),
    canonicalTime(to),
  )) {
    const user = parseUserKey(key);
    const counters: number[] = JSON.parse(value);
    if (!isWanted(user, counters)) continue;
    let begin = positionOf(times, millisecondsOf(first));
    const end = positionOf(times, millisecondsOf(last) + 1);
    while (begin < end) {
      const bucket = Math.floor(((times[begin] ?? to) - from) / step);
      const next = Math.min(end, positionOf(times, from + (bucket + 1) * step));
      visit(user, counters, bucket, next - begin);
      begin = next;
    }
  }
}

/** Returns the position of the first time that is not before another, by bisection. */
function positionOf(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
