import type { Reader } from '../store/port.ts';
import { rollupsBetween, samplesBetween } from '../store/series.ts';
import { measures, type SeriesKind } from './measures.ts';
import type { Buckets } from './period.ts';
import { parseSample, parseSummaries, sumOf } from './rollup.ts';
import { dayMs, hourMs } from './samples.ts';

/** The known values of a field, summed up by bucket. The other members of a bucket with count 0 say nothing. */
export type FieldBuckets = {
  readonly name: string;
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  readonly minima: Float64Array;
  readonly maxima: Float64Array;
};

/** Returns fields of a series by bucket. Buckets of an hour or more are made of roll-ups. */
export async function readBuckets(
  reader: Reader,
  seriesId: number,
  kind: SeriesKind,
  fields: readonly string[],
  buckets: Buckets,
): Promise<FieldBuckets[]> {
  const { from, to, step } = buckets;
  const found = fields.map((name) => ({ index: measures[kind].indexOf(name), into: emptyField(name, buckets.count) }));
  const bucketAt = (at: number) => Math.floor((at - from) / step);
  if (step < hourMs) {
    for (const { at, data } of await samplesBetween(reader, seriesId, from, to)) {
      const values = parseSample(data);
      for (const { index, into } of found) {
        const value = values[index] ?? null;
        if (value !== null) add(into, bucketAt(at), 1, value, value, value);
      }
    }
  } else {
    const length = step % dayMs === 0 ? dayMs : hourMs;
    for (const { at, data } of await rollupsBetween(reader, seriesId, length, from, to)) {
      const summaries = parseSummaries(data);
      const bucket = bucketAt(at);
      for (const { index, into } of found) {
        const summary = summaries[index] ?? null;
        if (summary === null) continue;
        const [count, value, minimum = value, maximum = value] = summary;
        add(into, bucket, count, sumOf(summary), minimum, maximum);
      }
    }
  }
  return found.map(({ into }) => into);
}

function emptyField(name: string, count: number): FieldBuckets {
  return {
    name,
    counts: new Float64Array(count),
    sums: new Float64Array(count),
    minima: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    maxima: new Float64Array(count).fill(Number.NEGATIVE_INFINITY),
  };
}

function add(field: FieldBuckets, bucket: number, count: number, sum: number, minimum: number, maximum: number): void {
  field.counts[bucket] = (field.counts[bucket] ?? 0) + count;
  field.sums[bucket] = (field.sums[bucket] ?? 0) + sum;
  field.minima[bucket] = Math.min(field.minima[bucket] ?? minimum, minimum);
  field.maxima[bucket] = Math.max(field.maxima[bucket] ?? maximum, maximum);
}
