import type { Reader } from '../store/port.ts';
import { oldestOf } from '../store/series.ts';
import { type Buckets, bucketsOf } from './period.ts';
import { dayMs, hourMs, startOf } from './samples.ts';

/**
 * Returns the buckets that a query asks for (period.ts). They are longer if the period begins at a time of which only
 * hours or days are kept: shorter ones would look like gaps.
 * @param totalsId the series of the totals of the system
 */
export async function keptBuckets(
  reader: Reader,
  totalsId: number,
  query: URLSearchParams,
  now: Date,
): Promise<Buckets> {
  const asked = bucketsOf(query, now);
  const least = await leastStep(reader, totalsId, asked.from);
  if (asked.step >= least) return asked;
  const withoutStep = new URLSearchParams(query);
  withoutStep.delete('step');
  return bucketsOf(withoutStep, now, { windowMs: dayMs, leastStep: least });
}

/** Returns the length of the shortest buckets that a period can have which begins at a time. */
async function leastStep(reader: Reader, totalsId: number, from: number): Promise<number> {
  const { sample, hour, day } = await oldestOf(reader, totalsId, hourMs, dayMs);
  const firstHour = hour ?? Number.POSITIVE_INFINITY;
  const firstSample = sample ?? Number.POSITIVE_INFINITY;
  if (day !== null && from < firstHour && day < startOf(firstHour, dayMs)) return dayMs;
  if (hour !== null && from < firstSample && hour < startOf(firstSample, hourMs)) return hourMs;
  return 1000;
}
