import { z } from 'zod';

/** A running average: the area under the values so far, and the last value. Times are in seconds. */
export const averageSchema = z.object({
  startedAt: z.number(),
  lastAt: z.number(),
  last: z.number(),
  area: z.number(),
});

export type Average = z.infer<typeof averageSchema>;

/** Adds a value at a time in seconds. Between two values the average assumes a straight line (trapezoidal rule). */
export function addToAverage(average: Average | undefined, at: number, value: number): Average {
  if (average === undefined) return { startedAt: at, lastAt: at, last: value, area: 0 };
  // If the clock was set back, no time has passed: the start moves back with it.
  const seconds = Math.max(0, at - average.lastAt);
  const startedAt = Math.min(average.startedAt, average.startedAt + at - average.lastAt);
  return { startedAt, lastAt: at, last: value, area: average.area + (seconds * (average.last + value)) / 2 };
}

/** Returns the average over the time between the first and the last value; the value itself if there is only one. */
export function averageOf({ startedAt, lastAt, last, area }: Average): number {
  return lastAt > startedAt ? area / (lastAt - startedAt) : last;
}
